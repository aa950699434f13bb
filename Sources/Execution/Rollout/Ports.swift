package import Fleet
package import Planning
package import State

/// A way to reach hosts.
package protocol Connector: Sendable {
  /// Opens a connection; throws an error whose description is for the user.
  func connect(to host: HostName, _ connection: HostAccess) async throws -> any RemoteHost
}

/// A failure that knows whether it may pass by itself, as a lost connection does and a wrong key does not.
package protocol TransientFailure: Error {
  var isTransient: Bool { get }
}

/// A failure whose cause is on the controller: hosts that have it in common are told of it once.
package protocol LocalFailure: Error {
  /// In words that name no host; nil if the cause may be elsewhere.
  var localCause: String? { get }
}

/// A host that can be asked to run commands.
package protocol RemoteHost: Sendable {
  /// Starts a command for the host's shell, with its standard input open.
  func start(_ command: String) async throws -> any RemoteProcess
  func close() async
}

/// A command that runs on a host. Each call throws if it has not come to its end in time, whatever the
/// host does meanwhile.
package protocol RemoteProcess: Sendable {
  func write(_ bytes: [UInt8], within limit: Duration) async throws
  func closeInput(within limit: Duration) async throws
  /// Returns the next bytes of its standard output, nil at its end.
  func read(within limit: Duration) async throws -> [UInt8]?
  /// Waits for its end and returns the last of its standard error.
  func finish(within limit: Duration) async throws -> [UInt8]
}

/// Issues certificates with keys of their own.
package protocol CertificateIssuer: Sendable {
  /// Throws a `HostFault` if this certificate cannot be signed, which says nothing about others.
  func issue(_ certificate: PlannedCertificate) async throws -> IssuedCertificate
}

/// A failure that comes from one host's own data: other hosts are changed as planned.
package struct HostFault: Error, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

/// Signs what is installed with the key of the fleet.
package protocol ManifestSigner: Sendable {
  /// Adds what the fleet knows, and the signature.
  func signed(_ manifest: Manifest) async throws -> Manifest
}

/// A certificate and its key, for the one host that they are for.
package struct IssuedCertificate: Sendable {
  /// PEM.
  package var certificate: String
  /// PEM; a secret.
  package var key: SecretContent
  package var record: CertificateRecord

  package init(certificate: String, key: SecretContent, record: CertificateRecord) {
    self.certificate = certificate
    self.key = key
    self.record = record
  }
}

/// Bytes that no description shows.
package struct SecretContent: Sendable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { "«secret»" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Tries the edges of hosts that have just changed.
package protocol EdgeVerifier: Sendable {
  /// Tries the edges that one of the hosts is part of, as the state has them now.
  ///
  /// - Parameters:
  ///   - leaving: hosts whose edges end with this run: they are not tried.
  ///   - untried: hosts whose edges are not tried, and why, as the end of a sentence that begins with the
  ///     host.
  func findings(
    touching hosts: Set<HostName>, leaving: Set<HostName>, untried: [HostName: String]
  ) async -> EdgeFindings
}

/// What came of trying edges.
package struct EdgeFindings: Hashable, Sendable {
  /// What is wrong, a line each.
  package var problems: [String]
  /// Edges with an end that cannot be reached, which says nothing about the hosts that have changed: a
  /// line each.
  package var untried: [String]

  package init(problems: [String] = [], untried: [String] = []) {
    self.problems = problems
    self.untried = untried
  }
}

/// Where the state is kept.
package protocol StateStore: Sendable {
  /// Records what is on hosts now, all in one writing; nil where `deploy` has left.
  func record(_ records: [HostName: HostRecord?]) async throws
  /// Records certificates that were signed; their hosts get them when this has returned, not before.
  func record(issued: [IssuanceRecord]) async throws
  /// Records the digest of a manifest before it is sent to a host.
  ///
  /// - Parameter serial: of the state that the manifest was made from.
  func expect(_ digest: String, fromSerial serial: Int, on host: HostName) async throws
  /// Notes which of them is in force, nil for none, so that those before it are not believed again; it is
  /// on the disk with what is recorded next.
  func settle(_ digest: String?, on host: HostName) async
}

extension StateStore {
  func record(_ record: HostRecord?, of host: HostName) async throws {
    try await self.record([host: record])
  }
}

/// Runs the playbook's commands on this machine.
package protocol HookRunner: Sendable {
  /// Runs a program with its arguments to its end; ends it when it takes longer than the seconds or
  /// when the task is cancelled.
  ///
  /// - Parameters:
  ///   - environment: what the program finds in its environment beside what this one has.
  ///   - say: gets each line that it writes, as it comes.
  func run(
    _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
    say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding
}

/// How a command of the playbook ended.
package enum HookEnding: Hashable, Sendable {
  case succeeded
  /// Why, as the end of a sentence that begins with the command, with its last words.
  case failed(String)
  /// It was ended, or never begun, because the task was cancelled.
  case interrupted
}

/// The rest of the machine, as values and functions.
package struct Surroundings: Sendable {
  /// User and machine, such as `ann@laptop`.
  package var user: String
  package var now: @Sendable () -> Timestamp
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable ([UInt8]) -> String
  /// Reads a secret file of the controller.
  package var readSecret: @Sendable (String) throws -> SecretContent
  package var sleep: @Sendable (_ seconds: Int64) async throws -> Void

  package init(
    user: String, now: @escaping @Sendable () -> Timestamp,
    digest: @escaping @Sendable ([UInt8]) -> String,
    readSecret: @escaping @Sendable (String) throws -> SecretContent,
    sleep: @escaping @Sendable (_ seconds: Int64) async throws -> Void
  ) {
    self.user = user
    self.now = now
    self.digest = digest
    self.readSecret = readSecret
    self.sleep = sleep
  }
}
