import Certificates
import Diagnostics
import Fleet
import Foundation
import Inventories
import State
import Testing

@testable import Commands

/// A folder for an inventory and its authority, removed at the end of its life.
final class Home {
  let path: String

  init() throws {
    // As deploy does: a peer that ends before it has read all must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    path = NSTemporaryDirectory() + "deploy-authority-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path): \(error)") }
  }

  var folder: AuthorityFolder { AuthorityFolder(path: path + "/shop.authority") }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Every file of the authority's folder, by its path there.
  func files() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path)).subtracting(["archive"])
  }

  // MARK: - The program

  var inventory = """
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
  static var programPath: String { program.path }

  /// The program, or another, to its end, without an inventory that it does not name itself.
  func run(_ arguments: [String], passphrase: String?, program: String? = nil) throws -> Run {
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
  func start(_ arguments: [String], passphrase: String) throws -> Run {
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

  func deploy(_ arguments: String..., passphrase: String = "poison-4711") throws -> Run {
    let run = try start(arguments, passphrase: passphrase)
    run.finish()
    return run
  }

  final class Run {
    let process = Process()
    let pipe = Pipe()
    private(set) var output = ""
    var status: Int32 { process.terminationStatus }

    func finish() {
      output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
    }
  }
}

let passphrase = Secret(copying: Array("correct horse".utf8))
let now: Int64 = 1_800_000_000
let day: Int64 = 86_400

func policy(_ name: String = "Shop Center") throws -> AuthorityPolicy {
  AuthorityPolicy(
    name: try #require(CommonName(name)), place: SourcePlace(file: "shop.yml", line: 2, column: 1))
}

extension AuthorityFolder {
  @discardableResult
  func add(_ name: String = "Shop Center") throws -> AuthorityRecord {
    try add(policy(name), passphrase: passphrase, now: now)
  }

  func startRotation() throws -> [AuthorityRecord] {
    try startRotation(policy(), from: generations(), passphrase: passphrase, now: now)
    return try generations()
  }

  /// Each generation with its status, in their order.
  func summary() throws -> [String] {
    try generations().map { "\($0.generation) \($0.status.rawValue)" }
  }
}

/// The message of the failure that `body` ends with.
func message(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> String {
  do {
    try body()
    Issue.record("it succeeded", sourceLocation: location)
    return ""
  } catch let failure as Failure {
    return failure.message
  } catch {
    return "\(error)"
  }
}
