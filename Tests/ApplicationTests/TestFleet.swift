import Application
import CAStore
import FleetFolders
import Foundation
import State

/// A fleet of one front-end and one back-end in a temporary folder, with a CA; its passphrase is asked for.
struct TestFleet {
  let home: Home
  let hosts: FakeFleet

  var location: FleetLocation {
    FleetLocation(
      inventories: [home.path + "/shop.yml"],
      origin: RunOrigin(command: ["apply", "--yes"], version: "0.1.0"))
  }
  var statePath: String { home.path + "/shop.state.json" }
  var hasState: Bool { FileManager.default.fileExists(atPath: statePath) }

  /// A fleet in a folder that is there already.
  init(home: Home, hosts: FakeFleet) { (self.home, self.hosts) = (home, hosts) }

  init(_ hosts: FakeFleet = FakeFleet()) async throws {
    home = try Home()
    self.hosts = hosts
    home.inventory = home.inventory.replacing("  passphrase: {env: DEPLOY_PASSPHRASE}\n", with: "")
    try home.write(home.inventory, to: "shop.yml")
    let interaction = FakeInteraction()
    _ = try await ChangeCA(Workspace.open(location, interaction), interaction).create()
  }

  func run(_ interaction: FakeInteraction, _ scope: RunScope? = nil) async throws -> FleetRun {
    try await FleetRun(
      Workspace.open(location, interaction), scope ?? RunScope(), access: hosts, interaction)
  }

  /// The state as it is on the disk.
  func state() async throws -> FleetState { try await ReadState(run(FakeInteraction())).state() }
}
