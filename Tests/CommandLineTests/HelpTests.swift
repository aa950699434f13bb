import ArgumentParser
import FleetFolders
import TestSupport
import Testing

@testable import CommandLine

@Suite("The help texts")
struct HelpTests {
  /// A command, and the words that run it, such as `deploy ca show`.
  private struct Entry: CustomStringConvertible {
    var words: [String]
    var command: any ParsableCommand.Type

    var description: String { words.joined(separator: " ") }
    var configuration: CommandConfiguration { command.configuration }
    var help: String { Deploy.helpMessage(for: command, columns: 80) }
  }

  /// Every command, without those of earlier versions.
  private static func entries(
    _ command: any ParsableCommand.Type = Deploy.self, below words: [String] = []
  ) -> [Entry] {
    let words = words + [command.configuration.commandName ?? ""]
    return [Entry(words: words, command: command)]
      + command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      .flatMap { entries($0, below: words) }
  }

  private static var examples: [(entry: Entry, words: [String])] {
    entries().flatMap { entry in
      let lines = entry.configuration.discussion.split(separator: "\n")
      return lines.filter { $0.hasPrefix("  deploy ") }.map { line in
        (entry, line.split(separator: " ").map(String.init))
      }
    }
  }

  @Test("each command has an abstract in the imperative, which ends with a full stop")
  func abstracts() {
    #expect(Self.entries().count > 20)
    for entry in Self.entries() {
      let abstract = entry.configuration.abstract
      let verb = abstract.prefix { $0 != " " && $0 != "," }
      #expect(abstract.hasSuffix(".") && verb.first?.isUppercase == true, "\(entry): \(abstract)")
      #expect(!verb.hasSuffix("s"), "\(entry): \(abstract)")
    }
  }

  @Test("each command has two or three examples of itself, all of which can be parsed")
  func examples() throws {
    for entry in Self.entries() {
      let count = Self.examples.count { $0.entry.words == entry.words }
      #expect((2...3).contains(count), "\(entry) has \(count) examples")
    }
    for (entry, words) in Self.examples {
      #expect(words.starts(with: entry.words), "\(words) is an example of \(entry)")
      #expect(throws: Never.self, "\(words)") {
        do {
          _ = try Deploy.parseAsRoot(Array(words.dropFirst()))
        } catch  where Deploy.exitCode(for: error) == .success {
          // An example of the help command.
        }
      }
    }
  }

  @Test("paragraphs are wrapped once, at 80 columns")
  func wrapping() {
    for entry in Self.entries() {
      #expect(entry.help.contains("USAGE: \(entry) "), "\(entry.help)")
      for line in entry.help.split(separator: "\n") {
        #expect(line.count <= 80, "\(entry): \(line)")
      }
      let paragraphs = entry.configuration.discussion.split(separator: "\n\n")
      for paragraph in paragraphs where !paragraph.hasPrefix("EX") {
        #expect(!paragraph.contains("\n"), "\(entry): \(paragraph)")
      }
    }
  }

  @Test("the value of an option is named for what it is, not for the option")
  func valueNames() {
    for entry in Self.entries() {
      for match in entry.help.matches(of: #/--([a-z-]+) <([a-z-]+)>/#) {
        // The values of these are listed.
        let listed = ["format", "key", "reason", "role"].contains(match.output.1)
        #expect(listed || match.output.1 != match.output.2, "\(entry): \(match.output.0)")
      }
    }
  }
}

@Suite("A command that does not exist")
struct UnknownCommandTests {
  @Test(
    "is a usage error, with the nearest name",
    arguments: [
      (["plann"], "\"plann\" in \"deploy\": did you mean \"plan\"?"),
      (["ca", "crate", "--state", "x"], "\"crate\" in \"deploy ca\": did you mean \"create\"?"),
      (["rotate", "cas"], "\"cas\" in \"deploy rotate\": did you mean \"ca\"?"),
      (["frobnicate"], "the commands are init, check, plan, apply,"),
      // A name of version 0.1.0 is not suggested.
      (["autority"], "the commands are init,"),
    ])
  func unknown(_ words: [String], _ message: String) throws {
    let run = try Home().deploy(words)
    #expect(run.status == 64)
    #expect(run.output.contains("Error: There is no command \"") && run.output.contains(message))
    let parent = words.count > 1 ? "deploy \(words[0])" : "deploy"
    #expect(run.output.contains("See '\(parent) --help'"), "\(run.output)")
  }

  @Test(
    "is not reported for help, options and arguments",
    arguments: [
      ["help", "plan"], ["--version"], ["plan", "--help"], ["ca", "help", "show"], ["ca"], [],
      ["apply", "plann"],
    ])
  func known(_ words: [String]) {
    #expect(UnknownCommand(in: words, of: Deploy.self).map(\.description) == nil)
  }
}
