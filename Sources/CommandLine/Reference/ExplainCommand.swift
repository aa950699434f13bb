import Application
import ArgumentParser
import Diagnostics
import Schema

/// `deploy explain`: describes a key of the inventory or of playbooks, or lists those at the top (``KeyReference``).
struct ExplainCommand: AsyncParsableCommand {
  /// For people, or as the tables of docs/inventory.md and docs/playbooks.md.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, markdown
  }

  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Describe a key of the inventory or of playbooks.",
    usage: "deploy explain [<options>] [<key>]",
    discussion: """
      A key is named by its path without the names that you choose, such as sites.back_end.port. Without a key, the \
      command lists those at the top of an inventory and of a playbook.

      EXAMPLES:
        deploy explain
        deploy explain sites.back_end
        deploy explain rollout.batch
      """)

  @Option(help: "Output format; markdown is a table of the keys below.") var format = Format.text
  @Argument(help: ArgumentHelp("Path of the key.", valueName: "key")) var key: String?

  func run() async throws {
    try await reporting {
      var page = Page(Style(isColored: false), width: Console.outputWidth)
      switch (format, key) {
      case (.markdown, let key):
        return Console.output(try KeyTables.markdown(of: key ?? "inventory"))
      case (.text, nil):
        for reference in KeyReference.allCases {
          page.add("Keys at the top of \(reference == .inventory ? "an inventory" : "a playbook"):")
          page.addEmptyLine()
          page.add(keys: reference.keys)
          page.addEmptyLine()
        }
        page.add("deploy explain KEY describes one of them.")
      case (.text, let key?):
        let places = try Self.places(key)
        for (index, place) in places.enumerated() {
          if index > 0 { page.addEmptyLine() }
          page.add(place)
        }
      }
      Console.output(page.text)
    }
  }

  /// What the path names; a failure with a suggestion if it names nothing.
  static func places(_ key: String) throws -> [KeyPlace] {
    switch KeyReference.search(key) {
    case .found(let places): return places
    case .unknown(let suggestion):
      throw Failure(
        .usage,
        "there is no key \(key.quoted)"
          + (suggestion.map { "; did you mean \($0.quoted)?" }
            ?? ". \"deploy explain\" lists those at the top"))
    }
  }
}
