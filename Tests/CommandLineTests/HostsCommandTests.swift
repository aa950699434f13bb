import FleetFolders
import TestSupport
import Testing

@testable import CommandLine

@Suite("deploy hosts, as the shell sees it")
struct HostsCommandTests {
  @Test("trust says that a limit selects no host, and names an unknown host or label")
  func noHost() throws {
    let home = try Home()
    let none = try home.deploy("hosts", "trust", "--limit", "!*")
    #expect(none.status == 64)
    #expect(none.output == "deploy: --limit selects no host\n")
    let unknown = try home.deploy("hosts", "trust", "--limit", "app-9")
    #expect(
      unknown.status == 64 && unknown.output.contains("no host named app-9"), "\(unknown.output)")
    let label = try home.deploy("hosts", "trust", "--limit", "nope=1")
    #expect(label.status == 64 && label.output == "deploy: no host has the label nope=1\n")
  }
}
