import Foundation
import TestSupport
import Testing

/// A real ACME server for tests, Debian's pebble, with a DNS server and challenge responder that it asks.
final class Pebble {
  static let isInstalled = ProgramRun.exists("pebble", "pebble-challtestsrv", "curl", "openssl")

  let folder: TemporaryFolder
  let responder: ChallengeResponder
  private let server: RunningProgram
  private let ports: [Int]

  var directory: String { "https://localhost:\(ports[0])/dir" }
  var caFile: String { folder.path("ca.pem") }

  /// - Parameters:
  ///   - environment: pebble's settings, such as how many valid nonces it refuses.
  ///   - accounts: the MAC keys of customers by key identifier; if there are any, an account needs one.
  init(_ environment: [String: String] = [:], accounts: [String: String] = [:]) async throws {
    folder = try TemporaryFolder("pebble")
    ports = try freePorts(4)
    responder = try await ChallengeResponder(httpPort: ports[2])
    try Self.makeCertificates(in: folder)
    let settings: [String: Any] = [
      "listenAddress": "127.0.0.1:\(ports[0])", "managementListenAddress": "127.0.0.1:\(ports[1])",
      "certificate": folder.path("server.pem"), "privateKey": folder.path("server.key"),
      "httpPort": ports[2], "tlsPort": ports[3], "ocspResponderURL": "",
      "externalAccountBindingRequired": !accounts.isEmpty, "externalAccountMACKeys": accounts,
    ]
    let config = try JSONSerialization.data(withJSONObject: ["pebble": settings])
    try folder.write(Array(config), to: "pebble.json")
    var variables = ["PEBBLE_VA_NOSLEEP": "1", "PATH": "/usr/bin:/bin"]
    variables.merge(environment) { $1 }
    server = try RunningProgram(
      ["pebble", "-config", folder.path("pebble.json"), "-dnsserver", responder.dns],
      environment: variables)
    try await eventually("pebble answers") {
      try ProgramRun(["curl", "--silent", "--cacert", caFile, directory]).hasSucceeded
    }
  }

  deinit { server.end() }

  /// The certificate of the root that pebble made when it started.
  ///
  /// - Parameter number: 0, or higher for the roots of alternate chains.
  func root(_ number: String = "0") throws -> String {
    try ProgramRun.output(of: [
      "curl", "--silent", "--fail", "--cacert", caFile,
      "https://localhost:\(ports[1])/roots/\(number)",
    ])
  }

  private static func makeCertificates(in folder: TemporaryFolder) throws {
    try ProgramRun.output(of: [
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test CA", "-days",
      "2", "-keyout", folder.path("ca.key"), "-out", folder.path("ca.pem"),
    ])
    try ProgramRun.output(of: [
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
      "-days", "2", "-addext", "subjectAltName=DNS:localhost", "-addext",
      "basicConstraints=critical,CA:FALSE", "-CA", folder.path("ca.pem"), "-CAkey",
      folder.path("ca.key"), "-keyout", folder.path("server.key"), "-out",
      folder.path("server.pem"),
    ])
  }
}
