import Application
import ArgumentParser

/// `deploy schema`: prints the JSON Schema of inventories or playbooks, which editors read (``KeyReference``).
struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of inventories or playbooks, for editors.",
    usage: "deploy schema [<options>] [<kind>]",
    discussion: """
      The schema (draft 2020-12) has every key with its type, default and meaning. "deploy init" writes both schemas \
      to schemas/, and names them in the first line of each file, for the YAML language server. After an update of \
      deploy, write them again.

      EXAMPLES:
        deploy schema
        deploy schema inventory-part
        deploy schema playbook
      """)

  @Argument(
    help: ArgumentHelp(
      "inventory; inventory-part, for a file that others complete; or playbook.", valueName: "kind")
  )
  var kind = Kind.inventory

  /// What a schema is for.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case inventory, playbook
    case part = "inventory-part"
  }

  func run() async throws {
    try await reporting {
      let reference = kind == .playbook ? KeyReference.playbook : .inventory
      Console.output(try reference.schema(isPart: kind == .part))
    }
  }
}
