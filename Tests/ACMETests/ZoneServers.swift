import ACME
import Fleet
import Foundation
import TestSupport
import Testing

/// Name servers on addresses of the loopback, with the records that a test gives them.
///
/// By default `ns1` (127.0.0.2) and `ns2` (127.0.0.3) are authoritative for `shop.test`, and 127.0.0.4
/// for `acme.test`; 127.0.0.1 is the resolver, which knows the zones but no TXT record.
final class ZoneServers: Sendable {
  /// Records by type, of names by server.
  typealias Records = [String: [String]]

  static let isInstalled = ProgramRun.exists("python3", "dig")
  static let record = "_acme-challenge.shop.test."

  let port: Fleet.Port
  private let folder: TemporaryFolder
  private let program: RunningProgram

  static let zones: [String: [String: Records]?] = [
    "127.0.0.1": [
      "test.": ["SOA": [soa]],
      "shop.test.": ["SOA": [soa], "NS": ["ns1.shop.test.", "ns2.shop.test."]],
      "ns1.shop.test.": ["A": ["127.0.0.2"]], "ns2.shop.test.": ["A": ["127.0.0.3"]],
      "acme.test.": ["SOA": [soa], "NS": ["ns.acme.test."]],
      "ns.acme.test.": ["A": ["127.0.0.4"]],
    ],
    "127.0.0.2": [:], "127.0.0.3": [:], "127.0.0.4": [:],
  ]
  static let soa = "ns1.shop.test. root.shop.test. 1 1 1 1 1"

  init(_ alter: (inout [String: [String: Records]?]) -> Void = { _ in }) async throws {
    folder = try TemporaryFolder("zones")
    port = try #require(Fleet.Port(try freePorts(1)[0]))
    var zones = Self.zones
    alter(&zones)
    try Self.write(zones, in: folder)
    let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Programs/zones.py").path
    self.program = try RunningProgram(["python3", program, "\(port)", folder.path("zones.json")])
    try await eventually("the name servers listen") {
      try self.program.output().contains("ready")
    }
  }

  deinit { program.end() }

  /// Asks the resolver.
  var dns: DNSClient {
    get throws { DNSClient(resolvers: [try #require(DNSServer("127.0.0.1:\(port)"))]) }
  }

  /// Replaces all records.
  func set(_ alter: (inout [String: [String: Records]?]) -> Void) throws {
    var zones = Self.zones
    alter(&zones)
    try Self.write(zones, in: folder)
  }

  private static func write(
    _ zones: [String: [String: Records]?], in folder: TemporaryFolder
  ) throws {
    let bytes = try JSONEncoder().encode(zones)
    // Whole at each moment, for the servers read it with each query.
    try bytes.write(to: URL(filePath: folder.path("zones.json")), options: .atomic)
  }
}
