import Diagnostics
import Fleet
import FleetFolders
import Inventories
import Planning
import SSH
import Testing

@testable import Application

@Suite("How hosts and jump hosts are reached")
struct SSHDestinationsTests {
  private let home: Home

  init() throws { home = try Home() }

  /// The policy for a host behind a bastion, and for the bastion.
  private func policies(
    _ settings: String, configured: String
  ) async throws -> [Destination.HostKeyPolicy] {
    try home.write("Host *\n  StrictHostKeyChecking \(configured)\n", to: "config")
    let text =
      home.inventory + "\nssh: {jump: 198.18.0.9, config: \(home.path)/config\(settings)}\n"
    let (read, mistakes) = Inventory.read(SourceText(file: "shop.yml", bytes: Array(text.utf8)))
    let host = try #require(read?.hosts.first, "\(mistakes)")
    let destinations = SSHDestinations(
      client: try SSHClient(), FakeInteraction(), resolve: { $0 })
    let (destination, _) = try await destinations.destination(of: host.name, host.access)
    return [destination.hostKeyPolicy] + destination.jumps.map(\.hostKeyPolicy)
  }

  @Test("the ssh configuration decides for both whether new keys are accepted")
  func accepted() async throws {
    #expect(try await policies("", configured: "accept-new") == [.acceptNew, .acceptNew])
    #expect(try await policies("", configured: "ask") == [.strict, .strict])
  }

  @Test("the inventory takes precedence for both")
  func inventory() async throws {
    #expect(
      try await policies(", host_key_checking: strict", configured: "accept-new")
        == [.strict, .strict])
    #expect(
      try await policies(", host_key_checking: accept_new", configured: "yes")
        == [.acceptNew, .acceptNew])
  }
}
