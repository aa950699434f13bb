import FleetFolders
import Foundation
import TestSupport
import Testing

@Suite("A result that cannot be written")
struct LostOutputTests {
  private let home: Home

  init() throws {
    home = try Home()
    let made = try home.deploy("ca", "create")
    try #require(made.status == 0, "\(made.output)")
  }

  private static let commands: [[String]] = [
    ["check"], ["state", "show"], ["ca", "show"], ["ca", "show", "--format", "json"],
    ["ca", "export"], ["plan", "--offline"], ["plan", "--offline", "--format", "json"],
    ["plan", "--offline", "--diff", "app-1"], ["status", "--expiry"],
    ["status", "--expiry", "--format", "json"], ["cdn", "show"],
  ]

  /// Runs a command of the shell in which `"$@"` is the program on the inventory.
  private func run(_ script: String, _ arguments: [String]) throws -> ProgramRun {
    try home.run(
      ["-c", script, "sh", Home.programPath] + arguments
        + (arguments[0].hasPrefix("-") ? [] : ["--inventory", home.path + "/shop.yml"]),
      passphrase: "poison-4711", program: "/bin/bash")
  }

  @Test(
    "is a failure with a reason if the disk is full",
    arguments: commands + [["--help"], ["--version"], ["plan", "--help"]])
  func full(_ arguments: [String]) throws {
    let run = try run(#"exec "$@" >/dev/full"#, arguments)
    #expect(run.status == 1)
    #expect(
      run.output
        == "deploy: the result could not be written to standard output: No space left on device\n")
  }

  @Test("is a failure if standard output is closed", arguments: commands)
  func closed(_ arguments: [String]) throws {
    let run = try run(#"exec "$@" >&-"#, arguments)
    #expect(run.status == 1)
    #expect(
      run.output
        == "deploy: the result could not be written to standard output: Bad file descriptor\n")
  }

  @Test("closed standard streams are not reused for files")
  func closedStreams() throws {
    let run = try run(
      #"exec "$@" <&- >&- 2>&-"#, ["ca", "export", "--out", home.path + "/shop.crt"])
    #expect(run.status == 0)
    let exported = try String(contentsOfFile: home.path + "/shop.crt", encoding: .utf8)
    #expect(exported.hasPrefix("-----BEGIN CERTIFICATE-----"))
    let check = try self.run(#"exec "$@" <&- >&- 2>&-"#, ["check"])
    #expect(check.status == 1 && check.output.isEmpty)
  }

  @Test("is not a failure if the reader closes the pipe", arguments: commands)
  func closedPipe(_ arguments: [String]) throws {
    // The reader has ended before the program writes.
    let run = try run(#"exec 3> >(:); wait $!; "$@" >&3"#, arguments)
    #expect(run.status == 0 && run.output.isEmpty, "\(run.output)")
  }
}
