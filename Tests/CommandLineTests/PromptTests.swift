import CAStore
import FleetFolders
import Foundation
import TestSupport
import Testing

@Suite("A question for a passphrase", .timeLimit(.minutes(5)))
struct PromptTests {
  private let home: Home

  init() throws {
    home = try Home()
    home.inventory = home.inventory.replacing("  passphrase: {env: DEPLOY_PASSPHRASE}\n", with: "")
    try home.write(home.inventory, to: "shop.yml")
  }

  private func asked() throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      [Home.programPath, "ca", "create", "--inventory", home.path + "/shop.yml"],
      environment: ["NO_COLOR": "1"])
    #expect(terminal.shows("\": "))
    return terminal
  }

  @Test(
    "Ctrl-C ends the program at once, also in the middle of the answer", arguments: ["", "abc"])
  func interrupt(_ typed: String) throws {
    let terminal = try asked()
    terminal.type(typed + "\u{3}")
    #expect(try terminal.program.wait().status == 130)
    #expect(!FileManager.default.fileExists(atPath: home.folder.keyPath(1)))
  }

  @Test("an answer is not shown, and makes the CA when it is typed twice")
  func answer() throws {
    let terminal = try asked()
    terminal.type("poison-4711\n")
    #expect(terminal.shows("Repeat the passphrase: "))
    terminal.type("poison-4711\n")
    #expect(terminal.shows("Created the CA"))
    #expect(try terminal.program.wait().status == 0)
    #expect(!terminal.shown.contains("poison"))
  }
}
