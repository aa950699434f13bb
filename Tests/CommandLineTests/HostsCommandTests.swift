import FleetFolders
import TestSupport
import Testing

@testable import CommandLine

@Suite("deploy hosts, as the shell sees it")
struct HostsCommandTests {
  @Test("trust says in one line that there is nothing to do, and which host it does not know")
  func nothingToDo() throws {
    let home = try Home()
    let none = try home.deploy("hosts", "trust", "--limit", "!*")
    #expect(none.status == 0)
    #expect(none.output == "Nothing to do: no host has a new key (0 asked).\n")
    let unknown = try home.deploy("hosts", "trust", "--limit", "app-9")
    #expect(unknown.status == 64 && unknown.output.contains("no such host"), "\(unknown.output)")
  }
}
