import ArgumentParser
import Diagnostics
import Foundation
import Testing
import YAML

@testable import CommandLine

@Suite("The examples for continuous integration")
struct CIDocumentTests {
  private struct Block {
    let language: String
    var lines: [Substring] = []

    var text: String { lines.map { $0 + "\n" }.joined() }
  }

  private static func blocks() throws -> [Block] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/ci.md"), encoding: .utf8)
    var (blocks, open) = ([Block](), nil as Block?)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let block = open { blocks.append(block) }
        open = open == nil ? Block(language: String(line.dropFirst(3))) : nil
      } else {
        open?.lines.append(line)
      }
    }
    return blocks
  }

  /// The words of each `deploy` command, without redirections, variables and quotes.
  private static func commands() throws -> [[String]] {
    try blocks().flatMap(\.lines).compactMap { line in
      guard let match = line.firstMatch(of: /(?:^[\t $@-]*(?:run: )?)deploy ([^|&;]*)/) else {
        return nil
      }
      return match.1.split(separator: " ").filter { !$0.hasPrefix(">") }
        .map { String($0.filter { !"\"$".contains($0) }) }
    }
  }

  @Test("are valid YAML")
  func yaml() throws {
    let examples = try Self.blocks().filter { $0.language == "yaml" }
    #expect(examples.count == 2)
    for example in examples {
      let (node, diagnostics) = Node.parse(SourceText(file: "ci.yml", text: example.text))
      #expect(node != nil && diagnostics.isEmpty, "\(diagnostics)")
    }
  }

  @Test("have commands that the program accepts")
  func commands() throws {
    let commands = try Self.commands()
    #expect(commands.count >= 18, "\(commands)")
    for words in commands {
      #expect(throws: Never.self, "deploy \(words.joined(separator: " "))") {
        _ = try Deploy.parseAsRoot(words)
      }
    }
    let verbs = Set(commands.compactMap(\.first))
    #expect(verbs.isSuperset(of: ["check", "plan", "apply", "verify", "status", "history"]))
  }

  @Test("check without a private key, and apply only what was planned or what main declares")
  func roles() throws {
    for example in try Self.blocks() where ["yaml", "make"].contains(example.language) {
      let lines = example.lines.filter { $0.contains("deploy ") }
      #expect(lines.contains { $0.contains("deploy check") })
      #expect(lines.contains { $0.contains("--format markdown >plan.md") })
      #expect(
        lines.contains {
          $0.contains("apply ") && $0.lowercased().contains("plan") && $0.hasSuffix(" --yes")
        })
      #expect(lines.contains { $0.hasSuffix("deploy apply --yes") })
    }
  }
}
