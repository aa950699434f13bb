import Foundation
import Sandbox
import TestSupport
import Testing

/// A public CA in the network of a sandbox: Debian's pebble, behind a front that passes requests on, counts
/// them and fails as a test says (`Programs/acme_front.py`).
struct PublicCA {
  static let isInstalled = ProgramRun.exists(
    "pebble", "pebble-challtestsrv", "python3", "curl", "openssl", "dig")

  /// Whether a request of ``hold(atRequest:_:)`` stops before the CA has seen it or after.
  enum Side: String, CaseIterable { case before, after }

  private let scene: Scene
  /// The front's address; pebble has the next one.
  let address: String
  /// What the front reads and writes.
  let folder: String

  var directory: String { "https://\(address):14000/dir" }

  /// Starts a CA, and adds its root to what visitors trust.
  ///
  /// - Parameters:
  ///   - number: of this CA in the sandbox, from 0.
  ///   - environment: pebble's settings, such as `PEBBLE_WFE_NONCEREJECT` and `PEBBLE_AUTHZREUSE`.
  ///   - validity: of certificates, in seconds.
  static func open(
    _ scene: Scene, number: Int = 0, environment: [String: String] = [:], validity: Int
  ) async throws -> PublicCA {
    let (front, server) = ("198.18.0.\(100 + 2 * number)", "198.18.0.\(101 + 2 * number)")
    let ca = PublicCA(
      scene: scene, address: front, folder: "\(scene.folder)/public/front-\(number)")
    let files = "\(scene.folder)/public"
    let settings: [String: Any] = [
      "listenAddress": "\(server):14000", "managementListenAddress": "\(server):15000",
      "certificate": "\(files)/server.pem", "privateKey": "\(files)/server.key", "httpPort": 80,
      "tlsPort": 443, "ocspResponderURL": "", "certificateValidityPeriod": validity,
    ]
    let config = try JSONSerialization.data(withJSONObject: ["pebble": settings])
    try scene.write(
      String(decoding: config, as: UTF8.self), to: "public/front-\(number)/pebble.json")
    try await scene.must(
      "for address; do ip address add \"$address/32\" dev fleet; done", front, server)
    _ = try scene.sandbox.spawn(
      ["pebble", "-config", "\(ca.folder)/pebble.json", "-dnsserver", DNSOfTheWorld.server],
      environment: ["PEBBLE_VA_NOSLEEP": "1"].merging(environment) { $1 })
    _ = try scene.sandbox.spawn([
      "python3", program, front, "14000", "\(server):14000", "\(files)/server.pem",
      "\(files)/server.key", ca.folder,
    ])
    try await scene.must(
      """
      get() {
        for try in $(seq 400); do
          ! curl -sf --max-time 5 --cacert "$1/ca.pem" "$2" || return 0
          sleep 0.05
        done
        return 1
      }
      get "$1" "https://$2:15000/roots/0" >>"$1/roots.pem"
      get "$1" "$3" >"$1/dir"
      rm "$4/requests"
      """, files, server, ca.directory, ca.folder)
    return ca
  }

  private static let program = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Programs/acme_front.py").path

  // MARK: - What tests set

  /// What is wrong with the CA.
  enum Mode {
    /// Connections are closed.
    case down
    /// There is no answer.
    case silent
    /// Each answer is late.
    case slow(seconds: Double)
    /// Orders are refused.
    case refusing
    /// Orders are refused until then.
    case limiting(seconds: Int)

    fileprivate var text: String {
      switch self {
      case .down: "down"
      case .silent: "silent"
      case .slow(let seconds): "slow \(seconds)"
      case .refusing: "refuse"
      case .limiting(let seconds): "limit \(seconds)"
      }
    }
  }

  func set(_ mode: Mode?) throws { try write(mode?.text, to: "mode") }

  /// Suggests that all certificates are renewed in a period that has begun, or that begins in a year.
  func suggestRenewal(isDue: Bool) throws {
    let year: TimeInterval = 365 * 86_400
    let start = Date.now + (isDue ? -3600 : year)
    let end = Date.now + (isDue ? -60 : 2 * year)
    try write("\(start.formatted(.iso8601)) \(end.formatted(.iso8601))", to: "renewal")
  }

  /// Stops at a request from now on, 1 for the first, until ``release()``; the request is then dropped.
  ///
  /// - Parameter kind: the method and the beginning of the path of the requests that count, if not all do.
  func hold(atRequest number: Int, _ side: Side, of kind: String = "") throws {
    try write("\(number) \(side.rawValue) \(UUID().uuidString) \(kind)", to: "hold")
  }

  /// Whether the request has come.
  var isHolding: Bool { FileManager.default.fileExists(atPath: folder + "/held") }

  func release() async throws {
    try write(nil, to: "hold")
    try await eventually("the front drops the request") { !isHolding }
  }

  /// Whole at each moment, for the front reads it with each request.
  private func write(_ text: String?, to name: String) throws {
    let path = "\(folder)/\(name)"
    if let text {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } else if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  // MARK: - What it has seen

  /// The requests so far: method, path and the status of the answer.
  func requests() throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder + "/requests") else { return [] }
    return try String(contentsOfFile: folder + "/requests", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  /// How many orders it has accepted, also those whose answer the client has not got.
  func orders() throws -> Int { try requests().count { $0.hasPrefix("POST /order-plz 201") } }

  /// How many accounts it has made.
  func accounts() throws -> Int { try requests().count { $0.hasPrefix("POST /sign-me-up 201") } }
}

/// The name server of a sandbox with public CAs: pebble-challtestsrv, with the records that tests set.
struct DNSOfTheWorld {
  static let server = "198.18.0.53:8053"
  static let management = "http://198.18.0.53:8055"
}
