import ArgumentParser
import CommandLine
import Foundation
import TestSupport
import Testing

/// Every message that needs no host is provoked and read in its place: `DEPLOY_RECORD=1` records them.
@Suite(
  "Messages",
  .requires(
    ProgramRun.exists("setsid", "flock", "openssl", "ssh-keygen", "ssh", "curl"),
    "util-linux, openssl, openssh-client and curl are not all installed: scripts/install-packages test"
  ))
struct TopicTests {
  @Test("each command prints what its topic says", arguments: try Topic.all())
  func topics(topic: Topic) throws {
    try expect(topic.played(), in: topic.url)
  }

  @Test("no line of a help text is longer than 80 columns")
  func widths() throws {
    let help = try String(
      contentsOf: Topic.folder.appending(path: "help.topic"), encoding: .utf8)
    // ArgumentParser does not break a usage line.
    for line in help.split(separator: "\n") where !line.hasPrefix("USAGE: ") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test("every command has its help text among the messages")
  func commands() throws {
    let help = try String(
      contentsOf: Topic.folder.appending(path: "help.topic"), encoding: .utf8)
    for command in Self.words(of: Deploy.self) {
      #expect(help.contains("\n$ deploy help\(command)\n"), "deploy help\(command)")
    }
  }

  /// The words of each command below one, each with a space before it, without hidden commands.
  private static func words(of command: any ParsableCommand.Type) -> [String] {
    var found: [String] = []
    for below in command.configuration.subcommands {
      let configuration = below.configuration
      guard configuration.shouldDisplay else { continue }
      let name = " " + (configuration.commandName ?? "")
      found.append(name)
      found += words(of: below).map { name + $0 }
    }
    return found
  }
}
