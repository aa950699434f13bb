import ArgumentParser
import Certificates
import Fleet
import Foundation
import State
import Testing

@testable import Commands

@Suite("The authority's unlocked keys")
struct AuthorityKeyringTests {
  @Test("The passphrase is got once a run, however many generations and tasks need it")
  func once() async throws {
    let home = try Home()
    let asked = home.path + "/asked"
    home.inventory = home.inventory.replacing(
      "{env: DEPLOY_PASSPHRASE}",
      with: "{command: [sh, -c, \"echo once >> \(asked); echo correct horse\"]}")
    try home.write(home.inventory, to: "shop.yml")
    try home.folder.add()
    try home.folder.add()
    let options = try FleetOptions.parse(["--inventory", home.path + "/shop.yml"])
    let workspace = try Workspace.open(options)
    let keyring = AuthorityKeyring(workspace)
    let generations = try workspace.authorities()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask { _ = try await keyring.authority(generations[index % 2]) }
      }
      try await group.waitForAll()
    }
    #expect(try String(contentsOfFile: asked, encoding: .utf8) == "once\n")
    for record in generations {
      #expect(try await keyring.authority(record).facts.commonName == record.commonName)
    }
    #expect(try String(contentsOfFile: asked, encoding: .utf8) == "once\n")
  }

  @Test("A rotation makes no key under a passphrase that does not open the one in use")
  func wrongPassphrase() async throws {
    let home = try Home()
    home.inventory = home.inventory.replacing(
      "{env: DEPLOY_PASSPHRASE}", with: "{command: [echo, mistyped]}")
    try home.write(home.inventory, to: "shop.yml")
    try home.folder.add()
    let files = try home.files()
    let options = try FleetOptions.parse(["--inventory", home.path + "/shop.yml"])
    let workspace = try Workspace.open(options)
    let keyring = AuthorityKeyring(workspace)
    var state = FleetState(fleet: "shop", lineage: "l")
    try workspace.takeInFolder(&state)
    let before = state
    let failure = await #expect(throws: Failure.self) {
      var state = before
      try await keyring.startRotation(of: &state, now: Timestamp(secondsSince1970: now))
    }
    #expect(failure?.message.contains("the passphrase is wrong") == true)
    #expect(try home.files() == files)
    // Where the key in use is lost there is nothing to compare it with.
    try FileManager.default.removeItem(atPath: home.folder.keyPath(1))
    try await keyring.startRotation(of: &state, now: Timestamp(secondsSince1970: now))
    #expect(state.authorities.map(\.status) == [.retiring, .signing])
  }
}
