import FleetFolders
import Foundation
import Logging
import TestSupport
import Testing

@testable import CommandLine
@testable import Files

@Suite("The log of a run")
struct LogTests {
  private func home() throws -> Home {
    let home = try Home()
    home.inventory =
      home.inventory.replacing("198.18.0.10", with: "127.0.0.1")
      .replacing("198.18.0.21", with: "127.0.0.2") + "\nssh: {port: 1, config: none}\n"
    try home.write(home.inventory, to: "shop.yml")
    let made = try home.run(["ca", "create", "-i", home.path + "/shop.yml"], passphrase: "secret")
    #expect(made.status == 0, "\(made.output)")
    return home
  }

  private func status(_ home: Home, _ options: String...) throws -> ProgramRun {
    try ProgramRun(
      [Home.programPath, "status", "-i", home.path + "/shop.yml"] + options,
      environment: ["DEPLOY_PASSPHRASE": "secret", "NO_COLOR": "1"], separatesErrors: true)
  }

  @Test("is shown with -v, is added to the file of --log, and otherwise does not exist")
  func both() throws {
    let home = try home()
    let quiet = try status(home)
    #expect(!quiet.errors.contains("connecting"), "\(quiet.errors)")
    let log = home.path + "/run.log"
    #expect(!FileManager.default.fileExists(atPath: log))
    let shown = try status(home, "--verbose")
    #expect(shown.errors.contains(/\[0\.\d{3} s\] app-1: connecting to app-1/), "\(shown.errors)")
    #expect(!FileManager.default.fileExists(atPath: log) && shown.output == quiet.output)
    for _ in 0..<2 { #expect(try status(home, "--log", log).errors == quiet.errors) }
    let text = try String(contentsOfFile: log, encoding: .utf8)
    #expect(text.matches(of: /(?m)^[0-9T:.-]{23}Z info deploy [0-9.]+ begins$/).count == 2)
    #expect(text.matches(of: /Z debug app-1: connecting to app-1/).count == 2)
    let mode = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("that cannot be opened stops the command before any host is contacted")
  func notOpened() throws {
    let home = try home()
    try home.write("", to: "target")
    try FileManager.default.createSymbolicLink(
      atPath: home.path + "/link", withDestinationPath: "target")
    for (name, why) in [
      ("missing/run.log", "No such file or directory"),
      ("link", "it is a symbolic link. Replace it with the file it points to"),
      ("shop.ca", "it is a folder, not a regular file"),
    ] {
      let run = try status(home, "-v", "--log", home.path + "/" + name)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(
        run.errors == """
          deploy: \(home.path)/\(name) cannot be appended to: \(why). Name another file with --log, or leave \
          the option out

          """)
    }
  }

  @Test("has one line of bounded length for each message, in which nothing steers a terminal")
  func escaped() throws {
    let folder = try TemporaryFolder()
    let handler = RunLog(isShown: false, file: try AppendedFile(folder.path("log")))
    var logger = Logger(label: "test") { _ in handler }
    logger[metadataKey: "host"] = "app-1"
    logger.trace("says \u{1B}[2J\n2026 forged \u{202E}\(String(repeating: "x", count: 5000))")
    let text = try folder.text("log")
    #expect(text.hasSuffix("x…\n") && text.utf8.count < 1100)
    #expect(text.contains("Z trace app-1: says \\u{1B}[2J\\n2026 forged \\u{202E}xxx"))
    #expect(text.split(separator: "\n").count == 1)
  }
}
