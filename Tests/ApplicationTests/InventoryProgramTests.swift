import Diagnostics
import Fleet
import FleetFolders
import Foundation
import Inventories
import Processes
import State
import TestSupport
import Testing

@testable import Application

@Suite("A program in the place of an inventory")
struct InventoryProgramTests {
  private let home: Home

  init() throws { home = try Home() }

  private static let json = """
    {"fleet": "shop", "ca": {"name": "Shop CA"}, "front_ends": {"edge-1": {"address": "198.18.0.10"}},
     "back_ends": {"app-1": {"address": "198.18.0.21"}}, "include": ["sites.yml"]}
    """
  private static let sites =
    "sites: {a.example: {front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}}\n"

  /// Writes an executable file.
  private func write(_ text: String, to name: String) throws -> String {
    try home.write(text, to: name)
    chmod("\(home.path)/\(name)", 0o755)
    return "\(home.path)/\(name)"
  }

  private func open(_ path: String) async throws -> (Workspace?, failure: Failure?, FakeInteraction)
  {
    let user = FakeInteraction()
    do {
      return (try await Workspace.open(FleetLocation(inventories: [path]), user), nil, user)
    } catch {
      return (nil, Failure(error), user)
    }
  }

  @Test("prints the inventory, once for the whole run")
  func prints() async throws {
    try home.write(Self.sites, to: "sites.yml")
    let path = try write(
      """
      #!/bin/sh
      [ $# = 0 ] && [ -z "$(cat)" ] || exit 7
      echo run >>'\(home.path)/runs'
      cat <<'EOF'
      \(Self.json)
      EOF
      """, to: "inventory")
    for _ in 1...2 {
      let (workspace, failure, user) = try await open(path)
      #expect(
        workspace?.inventory.sites.map(\.domain.text) == ["a.example"],
        "\(String(describing: failure)) \(user.seen)")
      #expect(workspace?.statePlace == home.path + "/inventory.state.json")
    }
    #expect(try String(contentsOfFile: home.path + "/runs", encoding: .utf8) == "run\n")
  }

  @Test(
    "that fails is a mistake of the inventory",
    arguments: [("exit 3", "exited with status 3"), ("kill -9 $$", "terminated by signal 9")])
  func fails(_ script: String, _ why: String) async throws {
    let (_, failure, _) = try await open(write("#!/bin/sh\n\(script)\n", to: "inventory"))
    #expect(failure?.kind == .invalidInput && failure?.message?.contains(why) == true)
  }

  @Test("whose output has mistakes gets messages with places in it")
  func mistakes() async throws {
    let (_, failure, user) = try await open(write("#!/bin/sh\necho 'fleet: [a'\n", to: "inventory"))
    #expect(failure?.kind == .invalidInput)
    #expect(user.seen.diagnostics.map(\.place?.description) == ["\(home.path)/inventory:2:1"])
  }

  @Test("is terminated at its deadline")
  func late() async throws {
    let path = try write("#!/bin/sh\nexec sleep 1000\n", to: "inventory")
    let program = try #require(InventoryProgram(path, named: path))
    let failure = await #expect(throws: Failure.self) {
      try await program.output(deadline: UserCommand.Deadline(seconds: 30) { _ in })
    }
    #expect(failure?.message?.contains("took more than 30 s and was terminated") == true)
  }

  @Test("does not run if the name is that of a file, or if it is not executable")
  func data() throws {
    for name in ["a.yml", "a.yaml", "a.json", "a.YML"] {
      let path = try write("#!/bin/sh\n", to: name)
      #expect(InventoryProgram(path, named: path) == nil)
      #expect(InventoryProgram("\(home.path)/b", named: path) == nil)
    }
    let path = try write("#!/bin/sh\n", to: "b")
    #expect(InventoryProgram(path, named: path) != nil)
    #expect(InventoryProgram(path, named: "\(home.path)/link.yml") == nil)
    chmod(path, 0o644)
    #expect(InventoryProgram(path, named: path) == nil)
    // A shell would take the text for commands.
    let text = try write("fleet: shop\n", to: "c")
    #expect(InventoryProgram(text, named: text) == nil)
    #expect(InventoryProgram(home.path, named: home.path) == nil)
  }

  @Test("does not run for a completion, and not if it is only included or discovered")
  func elsewhere() async throws {
    let path = try write("#!/bin/sh\ntouch '\(home.path)/ran'\n", to: "inventory")
    #expect(Workspace.inventoryForCompletion(FleetLocation(inventories: [path])) == nil)
    try home.write(Self.sites + "include: inventory\n", to: "shop.yml")
    let (workspace, _, user) = try await open(home.path + "/shop.yml")
    #expect(workspace == nil && !user.seen.diagnostics.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: home.path + "/ran"))
  }
}
