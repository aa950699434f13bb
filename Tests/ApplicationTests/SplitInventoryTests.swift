import Diagnostics
import Fleet
import FleetFolders
import Foundation
import Inventories
import Planning
import State
import TestSupport
import Testing

@testable import Application

@Suite("An inventory in several files on the disk")
struct SplitInventoryTests {
  private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Inventories")

  private let home: Home

  init() throws {
    home = try Home()
    for name in ["sites", "snippets", "open"] {
      try FileManager.default.createDirectory(
        atPath: "\(home.path)/\(name)", withIntermediateDirectories: true)
    }
  }

  private func location(_ names: String..., variables: [String: String] = [:]) -> FleetLocation {
    FleetLocation(inventories: names.map { "\(home.path)/\($0)" }, variables: variables)
  }

  /// The text of the example of every key, by the keys at its top.
  private func parts() throws -> [String: String] {
    var parts: [String: String] = [:]
    var key = ""
    let text = try String(contentsOf: Self.examples.appending(path: "shop.yml"), encoding: .utf8)
    for line in text.split(separator: "\n") {
      if let name = line.prefixMatch(of: /([a-z_]+):/)?.1 { key = String(name) }
      parts[key, default: ""] += line + "\n"
    }
    return parts
  }

  /// What a saved plan of the inventory has, but for its time and the name of its new state.
  private func digest(_ inventory: String) async throws -> String {
    let run = try await FleetRun(
      Workspace.open(location(inventory), FakeInteraction()), RunScope(), access: FakeFleet(),
      FakeInteraction())
    var saved = try await PlanFleet(run).proposal(isOffline: true).saved
    #expect(
      saved.approved.hosts.count > 6 && saved.approved.hosts.values.allSatisfy { !$0.steps.isEmpty }
    )
    (saved.approved.madeAt, saved.approved.lineage) = (.earliest, "1")
    return try SavedPlanFormat.digest(of: saved)
  }

  @Test("has the same plan as in one file")
  func samePlan() async throws {
    for name in ["shop-be.conf", "shop-fe.conf"] {
      let text = try String(
        contentsOf: Self.examples.appending(path: "snippets/\(name)"), encoding: .utf8)
      try home.write(text, to: "snippets/\(name)")
    }
    var parts = try parts()
    parts["ca"]?.replace("  passphrase: {env: DEPLOY_PASSPHRASE}\n", with: "")
    try home.write(parts.sorted { $0.key < $1.key }.map(\.value).joined(), to: "shop.yml")
    let user = FakeInteraction()
    _ = try await ChangeCA(Workspace.open(location("shop.yml"), user), user).create()
    let whole = try await digest("shop.yml")

    let sites = try #require(parts["sites"])
    try home.write(sites.replacing("snippets/", with: "../snippets/"), to: "sites/sites.yml")
    let hosts = ["front_ends", "back_ends"].compactMap { parts[$0] }
    try #require(hosts.count == 2)
    try home.write(hosts.joined(), to: "hosts.yml")
    try home.write(#require(parts["firewall"]), to: "firewall.yml")
    for key in ["sites", "front_ends", "back_ends", "firewall"] { parts[key] = nil }
    let rest = parts.sorted { $0.key < $1.key }.map(\.value).joined()
    try home.write(rest + "include: [hosts.yml, sites/*.yml, firewall.yml]\n", to: "shop.yml")
    #expect(try await digest("shop.yml") == whole)

    // The digest is of what hosts get: it is another one if a site changes.
    try home.write(
      sites.replacing("snippets/", with: "../snippets/").replacing(
        "max_body_size: 10m", with: "max_body_size: 11m"),
      to: "sites/sites.yml")
    #expect(try await digest("shop.yml") != whole)
  }

  private static let hosts = """
    fleet: shop
    ca: {name: Shop CA}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}}

    """

  private func site(_ domain: String) -> String {
    "sites: {\(domain): {front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}}\n"
  }

  /// The domains of an inventory that is read, and the details of its mistakes.
  private func read(_ names: String...) async throws -> (domains: [String], mistakes: [String]) {
    let user = FakeInteraction()
    let location = FleetLocation(inventories: names.map { "\(home.path)/\($0)" })
    let workspace = try? await Workspace.open(location, user)
    return (
      workspace?.inventory.sites.map(\.domain.text) ?? [],
      user.seen.diagnostics.map { $0.detail.replacing(home.path + "/", with: "") }
    )
  }

  @Test("includes what a glob matches: no folder, no hidden file, and nothing elsewhere")
  func globs() async throws {
    try home.write(Self.hosts + "include: ['s*/?.yml', \(home.path)/x.yml]\n", to: "shop.yml")
    try home.write(site("b.example"), to: "sites/b.yml")
    try home.write(site("a.example"), to: "sites/a.yml")
    try home.write(site("x.example"), to: "x.yml")
    try home.write("not: [yaml", to: "sites/.c.yml")
    try home.write("not: [yaml", to: "sites/ab.yml")
    try FileManager.default.createDirectory(
      atPath: "\(home.path)/sites/d.yml", withIntermediateDirectories: true)
    let found = try await read("shop.yml")
    #expect(found.domains == ["a.example", "b.example", "x.example"], "\(found.mistakes)")
  }

  @Test("says what it cannot read")
  func unreadable() async throws {
    try home.write(
      Self.hosts + "include: [nothing/*.yml, gone.yml, sites, loop.yml]\n" + site("a.example"),
      to: "shop.yml")
    try FileManager.default.createSymbolicLink(
      atPath: "\(home.path)/loop.yml", withDestinationPath: "shop.yml")
    let found = try await read("shop.yml")
    #expect(found.domains.isEmpty)
    let said = found.mistakes.joined(separator: "\n")
    #expect(said.contains("No file matches \"nothing/*.yml\""))
    #expect(said.contains("There is no file \"gone.yml\""))
    #expect(said.contains("sites cannot be read: it is a folder, not a regular file"))
  }

  @Test("leaves out nothing that a glob matches: a link without a target is a mistake")
  func danglingLinks() async throws {
    try home.write(Self.hosts + "include: [sites/*.yml, s*/s*/c.yml]\n", to: "shop.yml")
    try home.write(site("a.example"), to: "sites/a.yml")
    for name in ["b.yml", "south"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(home.path)/sites/\(name)", withDestinationPath: "nowhere")
    }
    let found = try await read("shop.yml")
    #expect(found.domains.isEmpty)
    #expect(found.mistakes.contains { $0.contains("sites/b.yml cannot be read") }, "\(found)")
    #expect(
      found.mistakes.contains { $0.contains("sites/south matches and cannot be read") }, "\(found)")
  }

  @Test("does not show lines of a private file beside an inventory that others can read")
  func privateFile() async throws {
    try home.write(Self.hosts + site("a.example") + "include: secret\n", to: "shop.yml")
    try home.write("correct horse\n", to: "secret")
    chmod("\(home.path)/secret", 0o600)
    chmod("\(home.path)/shop.yml", 0o644)
    let said = try await read("shop.yml").mistakes.joined()
    #expect(said.contains("secret") && !said.contains("correct horse"), "\(said)")
    chmod("\(home.path)/shop.yml", 0o600)
    try home.write("x-more: 1\n", to: "secret")
    #expect(try await read("shop.yml").domains == ["a.example"])
  }

  @Test("includes no file that another user could have written", .requires(geteuid() == 0, "root"))
  func trust() async throws {
    try home.write(Self.hosts + "include: open/*.yml\n", to: "shop.yml")
    try home.write(site("a.example"), to: "open/a.yml")
    #expect(try await read("shop.yml").domains == ["a.example"])
    chmod("\(home.path)/open", 0o777)
    #expect(
      try await read("shop.yml").mistakes.joined().contains("every user may change its folder"))
    chmod("\(home.path)/open", 0o1777)
    #expect(try await read("shop.yml").domains == ["a.example"])
    chown("\(home.path)/open/a.yml", 4711, 4711)
    #expect(try await read("shop.yml").mistakes.joined().contains("it belongs to another user"))
    chown("\(home.path)/shop.yml", 4711, 4711)
    #expect(try await read("shop.yml").domains == ["a.example"])
  }

  @Test("shows no file elsewhere that only its owner can read, also by a symbolic link")
  func secrets() async throws {
    let elsewhere = try TemporaryFolder("elsewhere")
    try elsewhere.write(site("a.example"), to: "a.yml")
    let path = "\(elsewhere.path)/a.yml"
    try FileManager.default.createSymbolicLink(
      atPath: "\(home.path)/link.yml", withDestinationPath: path)
    for name in [path, "link.yml"] {
      try home.write(Self.hosts + "include: \(name)\n", to: "shop.yml")
      chmod(path, 0o644)
      #expect(try await read("shop.yml").domains == ["a.example"])
      chmod(path, 0o600)
      let found = try await read("shop.yml")
      #expect(found.domains.isEmpty && found.mistakes.count == 1)
    }
    try home.write(site("b.example"), to: "sites/b.yml")
    chmod("\(home.path)/sites/b.yml", 0o600)
    try home.write(Self.hosts + "include: sites/b.yml\n", to: "shop.yml")
    chmod("\(home.path)/shop.yml", 0o600)
    #expect(try await read("shop.yml").domains == ["b.example"])
  }

  @Test("has its state beside the first file, and finds other files beside the one that names them")
  func overlay() async throws {
    try home.write(Self.hosts, to: "shop.yml")
    try home.write("ssh: {identity: key}\n" + site("a.example"), to: "sites/staging.yml")
    let workspace = try await Workspace.open(
      location("shop.yml", "sites/staging.yml"), FakeInteraction())
    #expect(workspace.statePlace == home.path + "/shop.state.json")
    #expect(
      workspace.resolve(workspace.inventory.ssh.identities[0].text) == home.path + "/sites/key")
    #expect(
      workspace.inventoryWords
        == "\(home.path)/shop.yml --inventory \(home.path)/sites/staging.yml")
    // The other way round, the file on top is in a folder above.
    let reversed = try await Workspace.open(
      location("sites/staging.yml", "shop.yml"), FakeInteraction())
    #expect(reversed.statePlace == home.path + "/sites/staging.state.json")
  }
}
