import Foundation
import Testing

/// The DNS server and challenge responder of Debian's package pebble, with records that tests set.
package final class ChallengeResponder: Sendable {
  package static let isInstalled = ProgramRun.exists("pebble-challtestsrv", "curl", "dig")

  private let program: RunningProgram
  private let ports: [Int]

  /// Where it answers DNS queries.
  package var dns: String { "127.0.0.1:\(ports[0])" }
  /// Where its records are changed.
  package var management: String { "http://127.0.0.1:\(ports[1])" }

  /// - Parameter httpPort: where it answers HTTP-01 challenges; nil for nowhere.
  package init(httpPort: Int? = nil) async throws {
    ports = try freePorts(2)
    program = try RunningProgram([
      "pebble-challtestsrv", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-https01", "",
      "-tlsalpn01", "", "-http01", httpPort.map { "127.0.0.1:\($0)" } ?? "", "-dns01",
      "127.0.0.1:\(ports[0])", "-management", "127.0.0.1:\(ports[1])",
    ])
    try await eventually("the challenge responder answers") {
      try ProgramRun(["curl", "--silent", management + "/"]).hasSucceeded
    }
  }

  deinit { program.end() }

  /// Sends it a request, such as to add a record.
  package func set(_ path: String, _ values: [String: Any]) throws {
    let body = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
    try ProgramRun.output(of: [
      "curl", "--silent", "--fail", "--data", body, "\(management)/\(path)",
    ])
  }
}

/// Ports of the loopback that nothing listens on.
package func freePorts(_ count: Int) throws -> [Int] {
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
