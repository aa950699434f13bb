import FleetFolders
import Foundation
import TestSupport
import Testing

@Suite("Files that an inventory names or deploy itself uses")
struct HostileFilesTests {
  private let home: Home

  init() throws {
    home = try Home()
    let made = try home.deploy("ca", "create")
    try #require(made.status == 0, "\(made.output)")
  }

  /// What is put in place of a file.
  enum Thing: String, CaseIterable {
    case pipe = "a named pipe"
    case folder = "a folder"
    case endless = "a device"
    case huge = "larger than"
  }

  private func put(_ thing: Thing, at path: String) throws {
    unlink(path)
    switch thing {
    case .pipe: try #require(mkfifo(path, 0o644) == 0)
    case .folder: try #require(mkdir(path, 0o755) == 0)
    case .endless: try #require(symlink("/dev/zero", path) == 0)
    case .huge:
      try #require(FileManager.default.createFile(atPath: path, contents: nil))
      try #require(truncate(path, 3 << 30) == 0)
    }
  }

  /// - Parameter isOwnName: whether `deploy` chose the name, so that it may not be a link.
  private func expectRefused(
    _ run: ProgramRun, _ thing: Thing, _ path: String, isOwnName: Bool = false, status: Int32
  ) {
    let what = isOwnName && thing == .endless ? "a symbolic link" : thing.rawValue
    #expect(run.status == status, "\(run.output)")
    #expect(
      run.output.contains("\(path) cannot be read: it is \(what)")
        || run.output.contains("\(path): cannot be read: it is \(what)"), "\(run.output)")
  }

  @Test("an inventory that is not a regular file is refused", arguments: Thing.allCases)
  func inventory(_ thing: Thing) throws {
    let path = home.path + "/other.yml"
    try put(thing, at: path)
    let run = try home.run(["check", "--inventory", path], passphrase: nil)
    expectRefused(run, thing, path, status: 65)
  }

  @Test("a playbook that is not a regular file is refused", arguments: Thing.allCases)
  func playbook(_ thing: Thing) throws {
    let path = home.path + "/playbook.yml"
    try put(thing, at: path)
    expectRefused(try home.deploy("check", "--playbook", path), thing, path, status: 65)
  }

  @Test("a snippet that is not a regular file is refused", arguments: Thing.allCases)
  func snippet(_ thing: Thing) throws {
    home.inventory += "\n    snippets: {front_end: extra.conf}"
    try put(thing, at: home.path + "/extra.conf")
    for command in [["check"], ["plan", "--offline"]] {
      let run = try home.deploy(command, passphrase: "poison-4711")
      expectRefused(run, thing, home.path + "/extra.conf", status: 65)
    }
  }

  @Test("a state that is not a regular file is refused", arguments: Thing.allCases)
  func state(_ thing: Thing) throws {
    let path = home.path + "/shop.state.json"
    try put(thing, at: path)
    expectRefused(
      try home.deploy("plan", "--offline"), thing, path, isOwnName: true, status: 1)
  }

  @Test("ranges of a network that are not a regular file are refused", arguments: Thing.allCases)
  func ranges(_ thing: Thing) throws {
    let path = home.path + "/shop.cloudflare.txt"
    try put(thing, at: path)
    expectRefused(try home.deploy("check"), thing, path, isOwnName: true, status: 65)
  }

  @Test("a saved plan that is not a regular file is refused", arguments: Thing.allCases)
  func savedPlan(_ thing: Thing) throws {
    let path = home.path + "/shop.plan"
    try put(thing, at: path)
    expectRefused(try home.deploy("apply", path, "--yes"), thing, path, status: 1)
  }

  @Test(
    "certificates and keys of the CA that are not regular files are refused",
    arguments: Thing.allCases, ["crt", "crl"])
  func ca(_ thing: Thing, _ kind: String) throws {
    let path = home.path + "/shop.ca/ca-1.\(kind)"
    try put(thing, at: path)
    expectRefused(try home.deploy("ca", "show"), thing, path, status: 1)
  }

  @Test("a passphrase file that is not a regular file is refused", arguments: Thing.allCases)
  func passphraseFile(_ thing: Thing) throws {
    home.inventory = home.inventory.replacing(
      "{env: DEPLOY_PASSPHRASE}", with: "{file: passphrase}")
    let path = home.path + "/passphrase"
    try put(thing, at: path)
    if thing != .endless { chmod(path, 0o600) }
    expectRefused(try home.deploy("ca", "renew"), thing, path, status: 1)
  }

  @Test(
    "a passphrase command that fails or never ends is refused",
    arguments: [
      ("[yes]", "the passphrase command `yes` printed more than 65536 bytes"),
      ("[false]", "the passphrase command `false` exited with status 1"),
      (
        "[cat, /dev/zero]",
        "the passphrase command `cat /dev/zero` printed more than 65536 bytes"
      ),
    ])
  func passphraseCommand(_ command: String, _ message: String) throws {
    home.inventory = home.inventory.replacing(
      "{env: DEPLOY_PASSPHRASE}", with: "{command: \(command)}")
    let run = try home.deploy("ca", "renew")
    #expect(run.status == 1 && run.output.contains(message), "\(run.output)")
  }

  @Test(
    "a private key is refused as a snippet, and no part of it is shown",
    arguments: [
      "-----BEGIN OPENSSH PRIVATE KEY-----\npoison\n-----END OPENSSH PRIVATE KEY-----",
      "-----BEGIN PRIVATE KEY-----\npoison", "-----BEGIN ENCRYPTED PRIVATE KEY-----\npoison",
      "-----BEGIN RSA PRIVATE KEY-----\npoison", "# mine\n  -----BEGIN EC PRIVATE KEY-----\npoison",
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\npoison",
      "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\npoison",
      "PuTTY-User-Key-File-3: ssh-ed25519\npoison", "AGE-SECRET-KEY-1poison",
      "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\npoison",
    ])
  func privateKeys(_ text: String) throws {
    home.inventory += "\n    snippets: {back_end: extra.conf}"
    try home.write(text, to: "extra.conf")
    for command in [
      ["check"], ["plan", "--offline"], ["plan", "--offline", "--diff", "app-1"],
      ["plan", "--offline", "--format", "json"],
    ] {
      let run = try home.deploy(command, passphrase: "poison-4711")
      #expect(run.status == 65)
      #expect(run.output.contains("extra.conf contains a private key"), "\(run.output)")
      #expect(!run.output.contains("poison"))
    }
  }

  @Test("a file that only its owner can read is refused as a snippet, even through a link")
  func ownersFile() throws {
    home.inventory += "\n    snippets: {back_end: extra.conf}"
    try home.write("machine example login me password poison", to: "netrc")
    try #require(chmod(home.path + "/netrc", 0o600) == 0)
    try #require(symlink("netrc", home.path + "/extra.conf") == 0)
    let run = try home.deploy("check")
    #expect(run.status == 65)
    #expect(run.output.contains("can be read by its owner only"), "\(run.output)")
    #expect(!run.output.contains("poison"))
  }

  @Test("the lock of the state does not follow a link, and the link's target stays unchanged")
  func lock() throws {
    try home.write("precious", to: "bashrc")
    let lock = home.path + "/shop.state.lock"
    unlink(lock)
    try #require(symlink("bashrc", lock) == 0)
    for command in [["apply", "--yes"], ["ca", "renew"], ["state", "rebuild"]] {
      let run = try home.deploy(command, passphrase: "poison-4711")
      #expect(run.status == 1)
      #expect(run.output.contains("it is a symbolic link"), "\(run.output)")
      #expect(try String(contentsOfFile: home.path + "/bashrc", encoding: .utf8) == "precious")
    }
  }

  @Test("nothing is exported through a link, into a pipe or onto a device")
  func export() throws {
    try home.write("precious", to: "passwd")
    try #require(symlink("passwd", home.path + "/out") == 0)
    for path in [home.path + "/out", "/dev/null"] {
      let run = try home.deploy("ca", "export", "--out", path)
      #expect(run.status == 1)
      #expect(run.output.contains("\(path) cannot be replaced: it is a"), "\(run.output)")
    }
    #expect(try String(contentsOfFile: home.path + "/passwd", encoding: .utf8) == "precious")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }
}
