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
        deploy schema playbook
      """)

  @Argument(help: ArgumentHelp("inventory or playbook.", valueName: "kind"))
  var kind = KeyReference.inventory

  func run() async throws {
    try await reporting { Console.output(try kind.schema()) }
  }
}

extension KeyReference: ExpressibleByArgument {}
