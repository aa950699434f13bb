import Foundation
import TestSupport
import Testing

/// A real ACME server for tests, Debian's pebble, with a DNS server and challenge responder that it asks.
final class Pebble {
  static let isInstalled = ProgramRun.exists("pebble", "pebble-challtestsrv", "curl", "openssl")

  let folder: TemporaryFolder
  private let server: RunningProgram
  private let responder: RunningProgram
  private let ports: [Int]

  var directory: String { "https://localhost:\(ports[0])/dir" }
  var caFile: String { folder.path("ca.pem") }

  /// - Parameters:
  ///   - environment: pebble's settings, such as how many valid nonces it refuses.
  ///   - accounts: the MAC keys of customers by key identifier; if there are any, an account needs one.
  init(_ environment: [String: String] = [:], accounts: [String: String] = [:]) async throws {
    folder = try TemporaryFolder("pebble")
    ports = try Self.freePorts(6)
    try Self.makeCertificates(in: folder)
    let settings: [String: Any] = [
      "listenAddress": "127.0.0.1:\(ports[0])", "managementListenAddress": "127.0.0.1:\(ports[1])",
      "certificate": folder.path("server.pem"), "privateKey": folder.path("server.key"),
      "httpPort": ports[2], "tlsPort": ports[3], "ocspResponderURL": "",
      "externalAccountBindingRequired": !accounts.isEmpty, "externalAccountMACKeys": accounts,
    ]
    let config = try JSONSerialization.data(withJSONObject: ["pebble": settings])
    try folder.write(Array(config), to: "pebble.json")
    responder = try RunningProgram([
      "pebble-challtestsrv", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-https01", "",
      "-tlsalpn01", "", "-http01", "127.0.0.1:\(ports[2])", "-dns01", "127.0.0.1:\(ports[4])",
      "-management", "127.0.0.1:\(ports[5])",
    ])
    var variables = ["PEBBLE_VA_NOSLEEP": "1", "PATH": "/usr/bin:/bin"]
    variables.merge(environment) { $1 }
    server = try RunningProgram(
      ["pebble", "-config", folder.path("pebble.json"), "-dnsserver", "127.0.0.1:\(ports[4])"],
      environment: variables)
    try await eventually("pebble answers") {
      try ProgramRun(["curl", "--silent", "--cacert", caFile, directory]).hasSucceeded
    }
    try await eventually("the challenge responder answers") {
      try ProgramRun(["curl", "--silent", "http://127.0.0.1:\(ports[5])/"]).hasSucceeded
    }
  }

  deinit {
    server.end()
    responder.end()
  }

  /// Sends a request to the challenge responder, such as to add a record.
  func respond(_ path: String, _ values: [String: String]) throws {
    let body = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
    try ProgramRun.output(of: [
      "curl", "--silent", "--fail", "--data", body, "http://127.0.0.1:\(ports[5])/\(path)",
    ])
  }

  /// The certificate of the root that pebble made when it started.
  ///
  /// - Parameter number: 0, or higher for the roots of alternate chains.
  func root(_ number: String = "0") throws -> String {
    try ProgramRun.output(of: [
      "curl", "--silent", "--fail", "--cacert", caFile,
      "https://localhost:\(ports[1])/roots/\(number)",
    ])
  }

  /// Ports of the loopback that nothing listens on.
  private static func freePorts(_ count: Int) throws -> [Int] {
    let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    defer { sockets.forEach { close($0) } }
    return try sockets.map { descriptor in
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
        }
      }
      try #require(status == 0, "no port is free")
      return Int(UInt16(bigEndian: address.sin_port))
    }
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
