import ArgumentParser
import Certificates
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
}
