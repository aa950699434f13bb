import FleetFolders
import TestSupport
import Testing

@testable import CommandLine

@Suite("deploy hosts, as the shell sees it")
struct HostsCommandTests {
  @Test("trust reports in one line that there is nothing to do, and names an unknown host")
  func nothingToDo() throws {
    let home = try Home()
    let none = try home.deploy("hosts", "trust", "--limit", "!*")
    #expect(none.status == 0)
    #expect(none.output == "Nothing to do: none of the 0 hosts has a new key.\n")
    let unknown = try home.deploy("hosts", "trust", "--limit", "app-9")
    #expect(
      unknown.status == 64 && unknown.output.contains("no host named app-9"), "\(unknown.output)")
  }
}
