import Foundation
import Sandbox
import TestSupport
import Testing

/// Runs the commands of README.md and docs/*.md on throw-away hosts; CONTRIBUTING.md has the convention.
@Suite("The documentation", .serialized)
struct DocumentationTests {
  /// A command that cannot run on throw-away hosts.
  struct Exception: Sendable {
    let command: String
    let reason: String
    /// The file that tests the command instead, and the words there that do.
    let file: String
    let words: String
  }

  static let exceptions =
    [
      Exception(
        command: "make demo", reason: "it opens a fleet of its own", file: ".ci/run",
        words: "\nmake demo\n"),
      Exception(
        command: "make test", reason: "this test is a part of it", file: ".ci/run",
        words: "\nmake test\n"),
      Exception(
        command: "make install", reason: "it compiles for minutes, and writes to /usr/local",
        file: "scripts/test-install", words: "make --no-print-directory install DESTDIR="),
      Exception(
        command: "deploy cdn update https://www.cloudflare.com/ips-v4"
          + " https://www.cloudflare.com/ips-v6",
        reason: "a throw-away host has no Internet", file: "Tests/EndToEndTests/CDNTests.swift",
        words: "cdn update -i shop.yml"),
    ] + imports

  private static let imports = [
    (
      "--certificate old-ca.crt --key old-ca.key",
      #"["--certificate", "ca.crt", "--key", "ca.key"]"#
    ),
    ("~/easy-rsa/pki", #"["easy-rsa"]"#),
    (
      "--certificate sub-ca.crt --key sub-ca.key --chain root.crt --crl root.crl",
      #""--chain", "root.crt", "--crl", "root.crl""#
    ),
    ("--crl root.crl", #"["ca", "import", "--crl", "#),
  ].map { arguments, words in
    Exception(
      command: "deploy ca import \(arguments)", reason: "the page has no CA of another program",
      file: "Tests/EndToEndTests/CAImportTests.swift", words: words)
  }

  /// Those of the inventory that `deploy init` writes.
  private static let hosts = [
    "edge-1": "203.0.113.10", "app-1": "198.51.100.21", "app-2": "198.51.100.22",
  ].map { name, address in
    SandboxHost(
      name: name, addresses: [address], pages: ["/srv/shop/index.html": "shop \(name)\n"])
  }

  @Test(
    "every command of a page succeeds, in order, from a fresh folder",
    .requires(isRoot, "namespaces need root"), .timeLimit(.minutes(5)),
    arguments: try DocumentationPage.all().filter { !$0.steps.isEmpty })
  func commands(_ page: DocumentationPage) async throws {
    let folder = try TemporaryFolder("deploy-documentation")
    let sandbox = try await Sandbox.open(hosts: Self.hosts)
    do {
      let output = try await sandbox.run(
        ["sh", "-c", page.script(without: Set(Self.exceptions.map(\.command)))],
        environment: [
          "FOLDER": folder.path, "PROGRAM": Scene.program, "DEPLOY_PASSPHRASE": Scene.passphrase,
          "DEPLOY_INVENTORY": "", "NO_COLOR": "1",
        ])
      #expect(output.status == 0, "the last line of \(page) that was begun failed:\n\(output.all)")
    } catch {
      await sandbox.close()
      throw error
    }
    await sandbox.close()
  }

  @Test("an exception is a command of some page, and is tested in the file that it names")
  func exceptions() throws {
    let commands = Set(try DocumentationPage.all().flatMap(\.commands))
    for exception in Self.exceptions {
      #expect(commands.contains(exception.command), "\(exception.command)")
      let text = try DocumentationPage.text(exception.file)
      #expect(text.contains(exception.words), "\(exception.command): \(exception.file)")
    }
  }

  @Test("each block has a known kind, and commands are only in console blocks")
  func blocks() throws {
    let pages = try DocumentationPage.all()
    #expect(pages.count > 8)
    for block in pages.flatMap(\.blocks) {
      let place = "\(block.page):\(block.line)"
      #expect(["console", "yaml", "json", "make", "text"].contains(block.language), "\(place)")
      #expect(
        block.language != "console" || block.lines.contains { $0.hasPrefix("$ ") }, "\(place)")
      let isCommand = block.lines.contains { $0.hasPrefix("$ ") || $0.hasPrefix("deploy ") }
      #expect(block.language == "console" || !isCommand, "\(place)")
    }
  }

  @Test("a command that the text names exists")
  func names() throws {
    var names: Set<String> = []
    for page in try DocumentationPage.all() {
      for match in page.text.matches(of: /`deploy ([a-z]+)((?: [a-z]+)?)/) {
        let isGroup = ["ca", "cdn", "hosts", "rotate", "state"].contains(match.1)
        names.insert(String(match.1) + (isGroup ? String(match.2) : ""))
      }
    }
    #expect(names.count > 15, "\(names)")
    for name in names.subtracting(["help"]).sorted() {
      let words = name.split(separator: " ").map(String.init)
      let help = try ProgramRun([Scene.program, "help"] + words)
      #expect(help.hasSucceeded, "deploy \(name)\n\(help.output)")
    }
  }

  @Test("a relative link leads to a file")
  func links() throws {
    for page in try DocumentationPage.all() {
      let folder = DocumentationPage.root.appending(path: page.path).deletingLastPathComponent()
      for match in page.text.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
        let path = folder.appending(path: String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(match.1)")
      }
    }
  }
}

/// A page of the documentation, and what a reader does with it.
struct DocumentationPage: Sendable, CustomStringConvertible {
  /// Something between two lines of three backquotes.
  struct Block: Sendable {
    let page: String
    /// The line that begins it, from 1 up.
    let line: Int
    let language: String
    var lines: [Substring] = []
  }

  /// What is done with a page, in its order.
  enum Step: Sendable {
    case command(String, line: Int)
    case file(path: String, text: String)
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Relative to the repository.
  let path: String
  let text: String
  let blocks: [Block]
  let steps: [Step]

  var description: String { path }

  var commands: [String] {
    steps.compactMap { if case .command(let command, _) = $0 { command } else { nil } }
  }

  static func all() throws -> [DocumentationPage] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.path + "/docs")
    return try (["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" })
      .map(DocumentationPage.init)
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  init(_ path: String) throws {
    self.path = path
    text = try Self.text(path)
    blocks = Self.blocks(of: text, in: path)
    steps = blocks.flatMap(Self.steps)
  }

  private static func blocks(of text: String, in page: String) -> [Block] {
    var blocks: [Block] = []
    var open: Block?
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          open = Block(page: page, line: index + 1, language: String(line.dropFirst(3)))
        }
      } else {
        open?.lines.append(line)
      }
    }
    return blocks
  }

  private static func steps(of block: Block) -> [Step] {
    switch block.language {
    case "console": commands(of: block)
    case "yaml": file(of: block).map { [$0] } ?? []
    default: []
    }
  }

  private static func commands(of block: Block) -> [Step] {
    var steps: [Step] = []
    for (index, line) in block.lines.enumerated() {
      if line.hasPrefix("$ ") {
        let command = line.dropFirst(2).replacing(/[ ]{2,}#.*/, with: "")
        steps.append(.command(String(command), line: block.line + 1 + index))
      } else if line.hasPrefix("> "), case .command(let begun, let first) = steps.last {
        steps[steps.count - 1] = .command("\(begun)\n\(line.dropFirst(2))", line: first)
      }
    }
    return steps
  }

  /// A block whose first line is the path of a file; others are for readers alone.
  private static func file(of block: Block) -> Step? {
    guard let path = block.lines.first?.wholeMatch(of: /# ([A-Za-z0-9._\/-]+\.ya?ml)/)?.1 else {
      return nil
    }
    return .file(
      path: String(path), text: block.lines.map { $0 + "\n" }.joined())
  }

  /// A shell script that does what a reader of the page does; it says each command before it runs, and ends
  /// at the first that fails.
  func script(without exceptions: Set<String>) -> String {
    let lines = steps.compactMap { step -> String? in
      switch step {
      case .command(let command, _) where exceptions.contains(command): return nil
      case .command(let command, let line):
        let words = "\(path):\(line): $ \(command)".replacing("'", with: #"'\''"#)
        return "printf '%s\\n' '\(words)' >&2\n\(command)"
      case .file(let path, let text):
        return """
          mkdir -p "$(dirname '\(path)')"
          cat >'\(path)' <<'END OF THE FILE'
          \(text)END OF THE FILE
          """
      }
    }
    return ([Self.beginning] + lines).joined(separator: "\n") + "\n"
  }

  /// Questions are answered with yes, which needs a terminal or `--yes`.
  private static let beginning = #"""
    set -eu
    cd "$FOLDER"
    deploy() {
      case " $* " in
        *' --yes '* | *' --status '*) ;;
        ' apply '* | ' rollback '* | ' drain '* | ' undrain '* | ' maintenance '* | ' revoke '* | \
          ' rotate '* | ' hosts trust '* | ' state rebuild '*)
          set -- "$@" --yes ;;
      esac
      "$PROGRAM" "$@"
    }
    """#
}
