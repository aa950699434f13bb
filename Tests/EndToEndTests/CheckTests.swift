import Foundation
import TestSupport
import Testing

@Suite("deploy check")
struct CheckTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func check(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun([Scene.program, "check", "--no-color"] + arguments, in: Self.repository.path)
  }

  private static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: repository.appending(path: folder).path
    ).filter { $0.hasSuffix(".yml") }.map { "\(folder)/\($0)" }
  }

  @Test("passes each inventory that is shipped", arguments: try files(in: "Inventories"))
  func inventories(_ path: String) throws {
    let result = try check("--inventory", path)
    #expect(result.status == 0, "\(result.output)")
  }

  @Test("passes each playbook that is shipped", arguments: try files(in: "Playbooks"))
  func playbooks(_ path: String) throws {
    let result = try check("--inventory", "Inventories/demo.yml", "--playbook", path)
    #expect(result.status == 0, "\(result.output)")
  }

  @Test("exits with 65 and shows the line of a mistake in the inventory")
  func wrong() throws {
    let path = NSTemporaryDirectory() + "deploy-check-\(UUID().uuidString).yml"
    try "fleet: shop\nsightes: {}\n".write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    let result = try check("--inventory", path)
    #expect(result.status == 65)
    #expect(result.output.contains("\(path):2:1: error: Unknown key"), "\(result.output)")
    #expect(result.output.contains("did you mean \"sites\"?"), "\(result.output)")
  }

  @Test("exits with 65 and the system's message if there is no inventory")
  func missing() throws {
    let result = try check("--inventory", "/nowhere.yml")
    #expect(result.status == 65)
    #expect(result.output.contains("/nowhere.yml cannot be read: No such file or directory"))
  }

  @Test("exits with 64 if it is not clear which inventory is meant")
  func unclear() throws {
    let result = try check()
    #expect(result.status == 64)
    #expect(result.output.contains("(demo.yml, shop.yml)"), "\(result.output)")
  }
}
