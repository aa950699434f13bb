import FleetFolders
import Foundation
import TestSupport
import Testing

/// A file of commands, and below each what it prints: messages on one topic, to be read in their place.
///
/// A line that begins with
/// - `# ` is a remark, and says why the command below is given,
/// - `% ` is a line of a shell script that prepares the files of the command below,
/// - `$ ` is the command, a line for the shell, and what follows is what it prints and, unless it is 0,
///   its exit status.
///
/// All commands of a topic run one after another in one new folder, which is `$HOME` as well and has the
/// inventory `shop.yml` of the topics' folder. Its hosts refuse every connection.
struct Topic: CustomTestStringConvertible, Sendable {
  /// A command with what belongs to it.
  private struct Block {
    /// The remarks and the preparation, as they are in the file.
    var preamble: [Substring] = []
    var command: Substring
  }

  private struct PreparationFailure: Error, CustomStringConvertible { let description: String }

  let url: URL
  private let blocks: [Block]

  var testDescription: String { url.deletingPathExtension().lastPathComponent }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Topics")

  static func all() throws -> [Topic] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "topic" }
      .sorted { $0.path < $1.path }
      .map(Topic.init)
  }

  private init(_ url: URL) throws {
    self.url = url
    var blocks: [Block] = []
    var preamble: [Substring] = []
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("# ") || line.hasPrefix("% ") {
        preamble.append(line)
      } else if line.hasPrefix("$ ") {
        blocks.append(Block(preamble: preamble, command: line))
        preamble = []
      }
    }
    self.blocks = blocks
  }

  /// The text of the file with what its commands print now.
  func played() throws -> String {
    let folder = try TemporaryFolder("topic")
    try folder.write(
      try String(contentsOf: Self.folder.appending(path: "shop.yml"), encoding: .utf8),
      to: "shop.yml")
    let wording = Wording(folder: folder.path)
    return try blocks.map { block in
      let script = block.preamble.filter { $0.hasPrefix("% ") }.map { $0.dropFirst(2) }
      if !script.isEmpty {
        let run = try Self.run("set -e\n" + script.joined(separator: "\n"), in: folder)
        guard run.hasSucceeded else {
          throw PreparationFailure(
            description: "\(testDescription): the preparation of \(block.command): \(run.output)")
        }
      }
      let run = try Self.run(String(block.command.dropFirst(2)), in: folder)
      let printed = wording.stable(run.output).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map { ["# ", "% ", "$ "].contains($0.prefix(2)) ? "\\" + $0 : String($0) }
      let lines =
        block.preamble.map(String.init) + [String(block.command)]
        + [printed.joined(separator: "\n").trimmingCharacters(in: .newlines)].filter { !$0.isEmpty }
        + (run.status == 0 ? [] : ["[exit status \(run.status)]"])
      return lines.joined(separator: "\n") + "\n"
    }.joined(separator: "\n")
  }

  /// Runs a line of the shell without a terminal and without the environment of the tests.
  private static func run(_ script: String, in folder: TemporaryFolder) throws -> ProgramRun {
    let programs = URL(filePath: Home.programPath).deletingLastPathComponent().path
    return try ProgramRun(
      ["setsid", "--wait", "/bin/sh", "-c", script],
      environment: [
        "PATH": "\(programs):/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "COLUMNS": "80",
        "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC", "DEPLOY_PASSPHRASE": "poison-4711",
        "DEPLOY_INVENTORY": "shop.yml",
      ], in: folder.path)
  }
}
