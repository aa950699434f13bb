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

  /// Where SSH connects to for a host whose `ssh` is these settings, and as which user.
  private func way(_ settings: String) async throws -> String {
    try home.write(
      """
      Host edge-1
        User host
      Host Way_in
        User alias
        HostName way.mgmt.example
        HostKeyAlias known

      """, to: "config")
    let text =
      home.inventory.replacing(
        "edge-1: {address: 198.18.0.10}",
        with: "edge-1: {address: 198.18.0.10, ssh: {config: \(home.path)/config\(settings)}}")
    let (read, mistakes) = Inventory.read(SourceText(file: "shop.yml", bytes: Array(text.utf8)))
    let host = try #require(read?.hosts.first { $0.name.text == "edge-1" }, "\(mistakes)")
    let destinations = SSHDestinations(
      client: try SSHClient(), FakeInteraction(), resolve: { $0 })
    let (destination, _) = try await destinations.destination(of: host.name, host.access)
    return "\(destination.user) at \(destination.address) \(destination.hasName)"
      + (destination.hostKeyAlias.map { " as \($0)" } ?? "")
  }

  @Test("ssh.address is an address, a name, or an alias whose section applies")
  func waysIn() async throws {
    #expect(try await way("") == "host at 198.18.0.10 false")
    #expect(try await way(", address: 192.0.2.10") == "host at 192.0.2.10 false")
    #expect(try await way(", address: Way_in") == "alias at way.mgmt.example true as known")
    #expect(
      try await way(", address: Way_in, user: own") == "own at way.mgmt.example true as known")
    #expect(try await way(", address: edge.mgmt.example") == "root at edge.mgmt.example true")
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
