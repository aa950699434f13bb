package import CAStore
import Fleet
package import Foundation

/// A folder for an inventory and its CA, removed at the end of its life.
package final class Home {
  package let path: String

  package init() throws {
    // As deploy does: a peer that ends before it has read all must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    path = NSTemporaryDirectory() + "deploy-authority-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path): \(error)") }
  }

  /// The CA of the inventory `shop.yml`.
  package var folder: CAFolder {
    CAFolder(path: path + "/shop.authority", inventoryPath: path + "/shop.yml")
  }

  package func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Every file of the CA's folder, by its path there.
  package func files() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path)).subtracting(["archive"])
  }

  // MARK: - The program

  package var inventory = """
    fleet: shop
    authority:
      name: Shop Certification Center
      valid_for: 10y
      passphrase: {env: DEPLOY_PASSPHRASE}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {authority: true}
        back_end: {root: /srv/shop}
    """

  private static let program = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent().appending(path: "deploy")
  package static var programPath: String { program.path }

  /// The program, or another, to its end, without an inventory that it does not name itself.
  package func run(_ arguments: [String], passphrase: String?, program: String? = nil) throws -> Run
  {
    let run = Run()
    run.process.executableURL = program.map { URL(filePath: $0) } ?? Self.program
    run.process.arguments = arguments
    run.process.environment = ["NO_COLOR": "1"].merging(
      passphrase.map { ["DEPLOY_PASSPHRASE": $0] } ?? [:]
    ) { $1 }
    run.process.standardInput = FileHandle.nullDevice
    run.process.standardOutput = run.pipe
    run.process.standardError = run.pipe
    try run.process.run()
    run.finish()
    return run
  }

  /// The program on the inventory, started; its output is in `output` when it has ended.
  package func start(_ arguments: [String], passphrase: String) throws -> Run {
    try write(inventory, to: "shop.yml")
    let run = Run()
    run.process.executableURL = Self.program
    run.process.arguments = arguments + ["--inventory", path + "/shop.yml"]
    run.process.environment = [
      "DEPLOY_PASSPHRASE": passphrase, "NEW_PASSPHRASE": "new passphrase", "NO_COLOR": "1",
    ]
    run.process.standardInput = FileHandle.nullDevice
    run.process.standardOutput = run.pipe
    run.process.standardError = run.pipe
    try run.process.run()
    return run
  }

  package func deploy(_ arguments: String..., passphrase: String = "poison-4711") throws -> Run {
    let run = try start(arguments, passphrase: passphrase)
    run.finish()
    return run
  }

  package final class Run {
    package let process = Process()
    package let pipe = Pipe()
    package private(set) var output = ""
    package var status: Int32 { process.terminationStatus }

    package func finish() {
      output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
    }
  }
}
