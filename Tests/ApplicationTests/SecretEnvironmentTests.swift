import Certificates
import Diagnostics
import FleetFolders
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Application

@Suite("A secret in an environment variable")
struct SecretEnvironmentTests {
  private let home: Home

  init() throws { home = try Home() }

  /// Runs a command whose passphrase comes from a script, which is a child of the program; the variable has
  /// the passphrase too.
  private func create(_ script: String) throws -> ProgramRun {
    let path = home.path + "/passphrase.sh"
    try script.write(toFile: path, atomically: true, encoding: .utf8)
    home.inventory = home.inventory.replacing(
      "{env: DEPLOY_PASSPHRASE}", with: "{command: [sh, \(path), \(home.path)]}")
    return try home.deploy("ca", "create")
  }

  @Test(
    "is not in the environment of a child, nor in /proc",
    .requires(geteuid() == 0, "needs root"))
  func inheritance() throws {
    let run = try create(
      """
      env > "$1/child"
      cat /proc/$PPID/environ > "$1/parent"
      cat /proc/$PPID/limits > "$1/limits"
      echo poison-4711
      """)
    #expect(run.status == 0, "\(run.output)")
    let child = try String(contentsOfFile: home.path + "/child", encoding: .utf8)
    let parent = try String(contentsOfFile: home.path + "/parent", encoding: .utf8)
    // Both are what they seem to be.
    #expect(child.contains("NO_COLOR=1") && parent.contains("NO_COLOR=1"))
    #expect(!child.contains("poison") && !child.contains("DEPLOY_PASSPHRASE"))
    #expect(!parent.contains("poison"))
    let limits = try String(contentsOfFile: home.path + "/limits", encoding: .utf8)
    #expect(limits.contains(/Max core file size +0 +0/))
  }

  /// Whether other programs leave core files here.
  private static let coresAreWritten: Bool = {
    do {
      let home = try Home()
      let script = #"cd "$0" && ulimit -c unlimited; sh -c 'kill -SEGV $$'; echo"#
      let run = try home.run(["-c", script, home.path], passphrase: nil, program: "/bin/bash")
      return run.output.contains("core dumped")
    } catch {
      return false
    }
  }()

  @Test(
    "is in no core dump, because there is none",
    .enabled(if: coresAreWritten, "the system writes no core files"))
  func core() throws {
    _ = try create("kill -SEGV $PPID")
    let run = try home.run(
      [
        "-c", #"cd "$0" && ulimit -c unlimited; "$@"; echo "status $?""#, home.path,
        Home.programPath, "ca", "create", "--inventory", home.path + "/shop.yml",
      ], passphrase: "poison-4711", program: "/bin/bash")
    #expect(run.output.contains("status 139"), "\(run.output)")
    #expect(run.output.contains("Segmentation fault"))
    #expect(!run.output.contains("core dumped"))
    let names = try FileManager.default.contentsOfDirectory(atPath: home.path)
    #expect(!names.contains { $0.hasPrefix("core") })
  }

  @Test("is taken also if only a host that left the inventory uses it")
  func leftHost() throws {
    home.inventory += "\nleft: {app-9: {ssh: {password: {env: DEPLOY_TEST_LEFT}}}}\n"
    let (inventory, found) = Inventory.read(
      SourceText(file: "shop.yml", bytes: Array(home.inventory.utf8)))
    setenv("DEPLOY_TEST_LEFT", "left-4711", 1)
    SecretEnvironment.takeAll(of: try #require(inventory, "\(found)"))
    #expect(getenv("DEPLOY_TEST_LEFT") == nil)
  }

  @Test("is read once and stays known after it is removed")
  func once() {
    setenv("DEPLOY_TEST_SECRET", "poison", 1)
    let secret = SecretEnvironment.take("DEPLOY_TEST_SECRET")
    #expect(getenv("DEPLOY_TEST_SECRET") == nil)
    #expect(secret?.withUnsafeBytes { Array($0) } == Array("poison".utf8))
    #expect(SecretEnvironment.take("DEPLOY_TEST_SECRET") === secret)
    #expect(SecretEnvironment.take("DEPLOY_TEST_UNSET") == nil)
  }
}
