package import CAStore
import Fleet
import Foundation
package import TestSupport

/// A folder for an inventory and its CA, removed at the end of its life.
package final class Home {
  private let home: TemporaryFolder
  package var path: String { home.path }

  package init() throws {
    // As deploy does: a peer that ends before it has read all must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    home = try TemporaryFolder("deploy-home")
  }

  /// The CA of the inventory `shop.yml`.
  package var folder: CAFolder {
    CAFolder(path: path + "/shop.ca", inventoryPath: path + "/shop.yml")
  }

  package func write(_ text: String, to name: String) throws {
    try home.write(text, to: name)
  }

  /// Every file of the CA's folder, by its path there.
  package func files() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path)).subtracting(["archive"])
  }

  // MARK: - The program

  package var inventory = """
    fleet: shop
    ca:
      name: Shop Certification Center
      valid_for: 10y
      passphrase: {env: DEPLOY_PASSPHRASE}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {ca: true}
        back_end: {root: /srv/shop}
    """

  private static let program = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "deploy")
  package static var programPath: String { program.path }

  /// The program, or another, to its end, without an inventory that it does not name itself.
  package func run(
    _ arguments: [String], passphrase: String?, program: String? = nil
  ) throws -> ProgramRun {
    try ProgramRun(
      [program ?? Self.programPath] + arguments,
      environment: ["NO_COLOR": "1"].merging(
        passphrase.map { ["DEPLOY_PASSPHRASE": $0] } ?? [:]
      ) { $1 })
  }

  /// The program on the inventory, started.
  package func start(_ arguments: [String], passphrase: String) throws -> RunningProgram {
    try write(inventory, to: "shop.yml")
    return try RunningProgram(
      [Self.programPath] + arguments + ["--inventory", path + "/shop.yml"],
      environment: [
        "DEPLOY_PASSPHRASE": passphrase, "NEW_PASSPHRASE": "new passphrase", "NO_COLOR": "1",
      ])
  }

  package func deploy(_ arguments: [String], passphrase: String = "poison-4711") throws
    -> ProgramRun
  {
    try start(arguments, passphrase: passphrase).wait()
  }

  package func deploy(_ arguments: String..., passphrase: String = "poison-4711") throws
    -> ProgramRun
  {
    try deploy(arguments, passphrase: passphrase)
  }
}
