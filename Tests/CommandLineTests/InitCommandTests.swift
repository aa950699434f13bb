import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import CommandLine

@Suite("deploy init, as the shell sees it")
struct InitCommandTests {
  private let home: Home

  init() throws { home = try Home() }

  private func start(_ arguments: String..., passphrase: String? = "poison-4711") throws
    -> ProgramRun
  {
    try home.run(arguments, passphrase: passphrase)
  }

  /// Everything below a folder, with the bytes of files.
  private func contents(_ folder: String) throws -> [String: Data?] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    return Dictionary(
      uniqueKeysWithValues: names.map {
        ($0, FileManager.default.contents(atPath: "\(folder)/\($0)"))
      })
  }

  private static var playbooks: URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Playbooks")
  }

  @Test("writes files that check accepts, with a CA and a fleet key, and lists the next commands")
  func whole() throws {
    let folder = home.path + "/My Shop_2"
    let made = try start("init", folder)
    #expect(made.status == 0, "\(made.output)")
    let inventory = folder + "/Inventories/my-shop-2.yml"
    #expect(made.output.contains("    cd '\(folder)'\n    deploy check\n"))
    #expect(made.output.contains("    deploy plan\n"))
    #expect(!made.output.contains("poison-4711"))
    let checked = try start("check", "--inventory", inventory, passphrase: nil)
    #expect(checked.status == 0 && checked.output.contains("no mistakes"), "\(checked.output)")
    let shown = try start("ca", "show", "--inventory", inventory, passphrase: nil)
    #expect(shown.output.contains("generation 1: my-shop-2 certification center (signing)"))
    // The copy of the folder that is advised has to have the fleet key already.
    let files = try FileManager.default.contentsOfDirectory(
      atPath: folder + "/Inventories/my-shop-2.ca")
    #expect(files.sorted() == ["ca-1.crt", "ca-1.key", "fleet-1.key", "fleet-1.pub"])
    let shipped = try FileManager.default.contentsOfDirectory(atPath: Self.playbooks.path)
    let written = try FileManager.default.contentsOfDirectory(atPath: folder + "/Playbooks")
    #expect(written.sorted() == shipped.sorted())
    for name in written {
      #expect(
        FileManager.default.contents(atPath: "\(folder)/Playbooks/\(name)")
          == Data("# yaml-language-server: $schema=../schemas/playbook.json\n".utf8)
          + (FileManager.default.contents(atPath: Self.playbooks.appending(path: name).path)
            ?? Data()),
        "\(name)")
      // A procedure is checked as any other playbook.
      let run = try start(
        "check", "--inventory", inventory, "--playbook", "\(folder)/Playbooks/\(name)")
      #expect(run.status == 0, "\(run.output)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.sorted() == ["Inventories", "Playbooks", "schemas"])
  }

  @Test("creates no CA with --no-ca, and takes the fleet's name from --name")
  func withoutCA() throws {
    let folder = home.path + "/x"
    let made = try start("init", folder + "/", "--no-ca", "--name", "shop", passphrase: nil)
    #expect(made.status == 0, "\(made.output)")
    #expect(made.output.contains("    deploy ca create\n"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/Inventories")
    #expect(names == ["shop.yml"])
    #expect(try start("check", "--inventory", folder + "/Inventories/shop.yml").status == 0)
  }

  @Test("writes nothing if any file exists, and names all of them")
  func inTheWay() throws {
    let folder = home.path + "/shop"
    #expect(try start("init", folder, "--no-ca").status == 0)
    for name in ["canary.yml", "rolling.yml"] {
      try FileManager.default.removeItem(atPath: "\(folder)/Playbooks/\(name)")
    }
    try Data().write(to: URL(filePath: folder + "/Inventories/shop.state.json"))
    let before = try contents(folder)
    let again = try start("init", folder)
    #expect(again.status == 1)
    for name in [
      "Inventories/shop.yml", "Inventories/shop.state.json", "Playbooks/all-at-once.yml",
    ] {
      #expect(again.output.contains("\n    \(folder)/\(name)\n"), "\(again.output)")
    }
    #expect(!again.output.contains("canary.yml"))
    #expect(try contents(folder) == before)
    try home.write("", to: "file")
    let onFile = try start("init", home.path + "/file")
    #expect(onFile.status == 1 && onFile.output.contains("    \(home.path)/file\n"))
  }

  @Test("leaves nothing behind if it fails")
  func undone() throws {
    let folder = home.path + "/shop"
    // Files may not grow beyond 1 KiB, as on a disk that is full.
    let full = try home.run(
      ["-c", "ulimit -f 1; trap '' XFSZ; exec \"$@\"", "sh", Home.programPath, "init", folder],
      passphrase: "poison-4711", program: "/bin/sh")
    #expect(full.status == 1 && full.output.contains("File too large"), "\(full.output)")
    #expect(!FileManager.default.fileExists(atPath: folder))
    let unnamed = try start("init", folder, "--no-ca", "--name", "No Name")
    #expect(unnamed.status == 64 && unnamed.output.contains("is not a fleet name"))
    let empty = try start("init", folder, passphrase: "")
    // An empty variable is none, so the passphrase is asked for.
    #expect(empty.status == 1 && empty.output.contains("no terminal"), "\(empty.output)")
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
