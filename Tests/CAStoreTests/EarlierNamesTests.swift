import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import CAStore

@Suite("A CA's folder with the names of version 0.1.0")
struct EarlierNamesTests {
  private let home: Home
  private var folder: CAFolder { home.folder }
  private var earlier: String { home.path + "/shop.authority" }

  init() throws {
    home = try Home()
    for _ in 1...2 { try folder.add() }
    try FileManager.default.createDirectory(
      atPath: folder.archive.path, withIntermediateDirectories: true)
    for file in try home.files() where file.hasPrefix("ca-1.") {
      try FileManager.default.moveItem(
        atPath: "\(folder.path)/\(file)", toPath: "\(folder.archive.path)/\(file)")
    }
    for path in [folder.path, folder.archive.path] {
      for file in try FileManager.default.contentsOfDirectory(atPath: path)
      where file.hasPrefix("ca-") {
        try FileManager.default.moveItem(
          atPath: "\(path)/\(file)", toPath: "\(path)/authority-\(file.dropFirst(3))")
      }
    }
  }

  /// The commands that the message names, each on lines that are indented.
  private func advice() -> String {
    let said = message { _ = try folder.generations() }
    return said.split(separator: "\n").filter { $0.hasPrefix("    ") }.joined(separator: "\n")
  }

  @Test("is refused with the commands that rename it")
  func folderName() throws {
    try FileManager.default.moveItem(atPath: folder.path, toPath: earlier)
    #expect(advice().contains("mv \(earlier) \(folder.path)"))
    _ = try ProgramRun(["sh", "-euc", advice()])
    #expect(try folder.summary() == ["2 signing"])
    #expect(try folder.archive.listing().keys == [1])
    #expect(!FileManager.default.fileExists(atPath: earlier))
  }

  @Test("is refused too if only the folder has its new name")
  func fileNames() throws {
    #expect(!advice().contains("mv \(earlier)"))
    _ = try ProgramRun(["sh", "-euc", advice()])
    #expect(try folder.summary() == ["2 signing"])
  }
}
