import Foundation
import TestSupport
import Testing

/// The rules of docs/architecture.md that the compiler does not check.
@Suite("The architecture")
struct ArchitectureTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Top-level types of the same name in two modules, each with the reason why.
  private static let homonyms = [
    "ByteStream":
      "the same shape, of modules that do not know each other: TLS runs over any stream",
    "RemoteProcess": "Execution's is a port; SSH's is what fulfils it",
    "Table": "nftables' word, and a table of text",
    "Terminal": "the user's, and the one that a command of the sandbox borrows",
  ]

  private struct Source {
    let path: String
    let module: String
    let lines: [Substring]

    /// The modules that it imports.
    var imports: [Substring] {
      lines.filter { $0.wholeMatch(of: /(\w+ |@testable )?import \w+/) != nil }
        .compactMap { $0.split(separator: " ").last }
    }

    /// The types that other files of its module can see.
    var types: [Substring] {
      let declaration =
        /(?:(?:package|internal|final|indirect|nonisolated) )*(?:struct|class|enum|actor|protocol) (\w+).*/
      return lines.compactMap { $0.wholeMatch(of: declaration)?.1 }
    }
  }

  private static func sources(in folder: String) throws -> [Source] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path + "/" + folder)
    return try paths.filter { $0.hasSuffix(".swift") }.map { path in
      let text = try String(contentsOfFile: "\(root.path)/\(folder)/\(path)", encoding: .utf8)
      return Source(
        path: "\(folder)/\(path)", module: String(path.prefix { $0 != "/" }),
        lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  @Test("decisions import no Foundation, no C and no clock, and wait for nothing")
  func purity() throws {
    let manifest = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let decisions = Set(manifest.matches(of: /\.decision\(\s*"(\w+)"/).map { String($0.1) })
    try #require(decisions.count > 5, "Package.swift is written in another way")
    let impure = ["Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization"]
    for source in try Self.sources(in: "Sources") where decisions.contains(source.module) {
      let found = source.imports.filter { name in
        impure.contains(String(name)) || name.wholeMatch(of: /C[A-Z]\w+/) != nil
      }
      #expect(found.isEmpty, "\(source.path) imports \(found)")
      let waits = source.lines.contains { line in
        line.contains(" async ") || line.contains("await ")
      }
      #expect(!waits, "\(source.path) is asynchronous")
    }
  }

  @Test("no file has more than 300 lines", arguments: ["Sources", "Tests"])
  func lengths(folder: String) throws {
    for source in try Self.sources(in: folder) {
      #expect(source.lines.count <= 301, "\(source.path)")
    }
  }

  @Test("a type's name is in one module, unless there is a reason")
  func names() throws {
    var modules: [String: Set<String>] = [:]
    for source in try Self.sources(in: "Sources") {
      for type in source.types { modules[String(type), default: []].insert(source.module) }
    }
    let homonyms = modules.filter { $0.value.count > 1 }
    for (name, modules) in homonyms {
      #expect(Self.homonyms[name] != nil, "\(name) is in \(modules.sorted())")
    }
    for name in Self.homonyms.keys { #expect(homonyms[name] != nil, "\(name) is in one module") }
  }

  @Test("what the table of changes opens is there")
  func table() throws {
    let text = try String(
      contentsOf: Self.root.appending(path: "docs/architecture.md"), encoding: .utf8)
    let start = try #require(text.range(of: "## To change X, open Y"))
    let rows = text[start.upperBound...].prefix { _ in true }
      .split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    let modules = Set(try Self.sources(in: "Sources").map(\.module))
    var named = 0
    for row in rows {
      let cells = row.split(separator: "|")
      guard cells.count > 1 else { continue }
      for match in cells[1].matches(of: /`([A-Za-z]+\/[A-Za-z\/.+]+)`/) {
        guard modules.contains(String(match.1.prefix { $0 != "/" })) else { continue }
        named += 1
        let path = Self.root.path + "/Sources/" + match.1
        #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
      }
    }
    #expect(named > 15)
  }
}
