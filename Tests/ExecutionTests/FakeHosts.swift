import Fleet
import Planning
import State
import Synchronization

@testable import Execution

/// What happened, in order.
final class Journal: Sendable {
  private let lines = Mutex<[String]>([])

  func note(_ line: String) { lines.withLock { $0.append(line) } }

  var all: [String] { lines.withLock { $0 } }

  func starting(_ word: String) -> [String] {
    all.filter { $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
  }
}

struct Lost: Error, CustomStringConvertible {
  var description: String { "connection reset" }
}

/// The behaviour of a simulated host.
struct Behaviour: Sendable {
  enum Preparation: Sendable {
    case prepares
    case says(String)
    /// Refuses before it has read the stream, so that writing it fails.
    case refusesEarly(String)
  }

  enum Answer: Sendable {
    case says(String)
    case cannotBeSent
    case isLost
  }

  var isReachable = true
  var preparation = Preparation.prepares
  /// Of one transaction after the other; the last one stays.
  var answers = [Answer.says("@deploy switching\n@deploy applied 2\n")]
  /// The answers to confirmations, in order; nil if the answer is lost.
  var confirmations: [String?] = ["@deploy confirmed 2\n"]
  /// Number and digest of what it is to restore, of one transaction after the other.
  var restores: [String] = []
}

/// Simulated hosts that follow a script, without a network.
actor FakeHosts: Connector {
  let journal: Journal
  private var behaviours: [HostName: Behaviour]
  private let onWord: @Sendable (HostName) async -> Void
  /// The arguments of each transaction, quoted.
  private(set) var transactions: [String] = []
  private(set) var bytesSent = 0

  init(
    _ behaviours: [HostName: Behaviour], _ journal: Journal,
    onWord: @escaping @Sendable (HostName) async -> Void = { _ in }
  ) {
    self.behaviours = behaviours
    self.journal = journal
    self.onWord = onWord
  }

  func connect(to host: HostName, _ connection: HostAccess) throws -> any RemoteHost {
    journal.note("connect \(host)")
    guard behaviours[host, default: Behaviour()].isReachable else { throw Lost() }
    return FakeHost(name: host, hosts: self)
  }

  func start(_ command: String, on host: HostName) throws -> any RemoteProcess {
    let behaviour = behaviours[host, default: Behaviour()]
    if command.calls("confirm") {
      journal.note("confirm \(host)")
      if behaviour.confirmations.count > 1 { behaviours[host]?.confirmations.removeFirst() }
      guard let answer = behaviour.confirmations[0] else { throw Lost() }
      return FakeProcess(host, self, says: answer, endsAtOnce: true)
    }
    guard command.calls("transaction") else { throw Lost() }
    switch behaviour.preparation {
    case .prepares:
      var said = "@deploy staged\n"
      if let restored = behaviour.restores.first {
        behaviours[host]?.restores.removeFirst()
        said += "@deploy restores \(restored)\n"
      }
      return FakeProcess(host, self, says: said + "@deploy prepared\n")
    case .says(let text): return FakeProcess(host, self, says: text, endsAtOnce: true)
    case .refusesEarly(let text):
      return FakeProcess(host, self, says: text, endsAtOnce: true, isDeaf: true)
    }
  }

  func count(_ bytes: [UInt8]) { bytesSent += bytes.count }

  func note(_ program: [UInt8]) {
    let arguments = program.prefix { $0 != UInt8(ascii: "\n") }
    transactions.append(String(decoding: arguments, as: UTF8.self))
  }

  func answer(of host: HostName) async -> Behaviour.Answer {
    journal.note("go \(host)")
    await onWord(host)
    let answers = behaviours[host, default: Behaviour()].answers
    if answers.count > 1 { behaviours[host]?.answers.removeFirst() }
    return answers[0]
  }
}

extension String {
  /// Whether the command calls the host program for this.
  func calls(_ task: String) -> Bool { contains("' deploy \(task) ") }
}

private struct FakeHost: RemoteHost {
  let name: HostName
  let hosts: FakeHosts

  func start(_ command: String) async throws -> any RemoteProcess {
    try await hosts.start(command, on: name)
  }

  func close() { hosts.journal.note("close \(name)") }
}

private actor FakeProcess: RemoteProcess {
  private let host: HostName
  private let hosts: FakeHosts
  private var output: [UInt8]
  private var hasEnded: Bool
  private let isDeaf: Bool
  private var isLost = false
  private var reader: CheckedContinuation<Void, Never>?

  init(
    _ host: HostName, _ hosts: FakeHosts, says text: String, endsAtOnce: Bool = false,
    isDeaf: Bool = false
  ) {
    self.host = host
    self.hosts = hosts
    output = Array("Welcome!\u{1B}]0;\(host)\u{7}\n\(HostProgram.opening)\(text)".utf8)
    hasEnded = endsAtOnce
    self.isDeaf = isDeaf
  }

  func write(_ bytes: [UInt8], within limit: Duration) async throws {
    if isDeaf { throw Lost() }
    await hosts.count(bytes)
    if bytes.starts(with: "set -- '".utf8), !hasEnded { await hosts.note(bytes) }
    guard bytes == Array("go\n".utf8) else { return }
    switch await hosts.answer(of: host) {
    case .cannotBeSent: throw Lost()
    case .isLost: isLost = true
    case .says(let text): output += Array(text.utf8)
    }
    wake()
  }

  func closeInput(within limit: Duration) {
    if !hasEnded { hosts.journal.note("abandoned \(host)") }
    hasEnded = true
    wake()
  }

  private func wake() {
    reader?.resume()
    reader = nil
  }

  func read(within limit: Duration) async throws -> [UInt8]? {
    while output.isEmpty, !hasEnded, !isLost { await withCheckedContinuation { reader = $0 } }
    if isLost { throw Lost() }
    defer { output = [] }
    return output.isEmpty ? nil : output
  }

  func finish(within limit: Duration) -> [UInt8] { [] }
}

/// A clock that only sleeping moves; a heartbeat sleeps until it is stopped.
final class FakeClock: Sendable {
  private let seconds = Mutex<Int64>(0)

  var now: Timestamp { Timestamp(secondsSince1970: seconds.withLock { $0 }) }

  func sleep(_ duration: Int64) async throws {
    if duration == 10 { return try await Task.sleep(for: .seconds(3600)) }
    seconds.withLock { $0 += duration }
  }
}

/// A state that notes what is recorded, and fails as configured.
struct FakeStore: StateStore {
  let journal: Journal
  var failing: Set<HostName> = []
  /// Hosts of which it cannot be noted what they are about to get.
  var unexpectable: Set<HostName> = []
  /// After how many hosts the reservation is lost; nil for never.
  var lostAfter: Int?

  func checkReservation() throws {
    guard let lostAfter else { return }
    let begun = journal.starting("record").count
    if begun >= lostAfter { throw Failure() }
  }

  func record(_ records: [HostName: HostRecord?]) throws {
    if !failing.isDisjoint(with: records.keys) { throw Failure() }
    let hosts = records.sorted { $0.key < $1.key }.map { host, record in
      "\(host) \(record.map { "\($0.release.number)" } ?? "none")"
    }
    journal.note("record \(hosts.joined(separator: ", "))")
  }

  func expect(_ digest: String, fromSerial serial: Int, on host: HostName) throws {
    if unexpectable.contains(host) { throw Failure() }
    journal.note("expects \(host)")
  }

  func settle(_ digest: String?, on host: HostName) {}

  func record(issued: [IssuanceRecord]) throws {
    if !failing.isDisjoint(with: issued.map(\.host)) { throw Failure() }
    let paths = issued.map { "\($0.host) \($0.path)" }.sorted()
    journal.note("issued \(paths.joined(separator: ", "))")
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String { "the state cannot be written: No space left on device" }
  }
}

struct FakeSigner: ManifestSigner {
  func signed(_ manifest: Manifest) -> Manifest {
    var manifest = manifest
    manifest.signature = Manifest.Signature(publicKey: "11", text: "signature of \(manifest.fleet)")
    return manifest
  }
}

extension ShownManifest {
  /// As if every signature were good.
  static func trusted(_ text: String) -> ShownManifest {
    ShownManifest(
      manifest: Manifest(text), digest: "digest",
      signature: .valid(FleetKey(generation: 1, publicKey: "11")))
  }
}

struct FakeIssuer: CertificateIssuer {
  static let secret = "-----BEGIN PRIVATE KEY----- hunter2"

  /// Names that it does not sign.
  var unsignable: Set<String> = []

  func issue(_ certificate: PlannedCertificate) throws -> IssuedCertificate {
    guard unsignable.isDisjoint(with: certificate.names) else {
      throw HostFault("its \(certificate.path) cannot be signed: a name is too long")
    }
    return IssuedCertificate(
      certificate: "PEM\n", key: SecretContent(Array(Self.secret.utf8)),
      record: CertificateRecord(
        serial: "1", issuer: "CA", issuerKeyIdentifier: "a", commonName: certificate.commonName,
        names: certificate.names, key: certificate.key, notBefore: .init(secondsSince1970: 0),
        notAfter: .init(secondsSince1970: 1)))
  }
}
