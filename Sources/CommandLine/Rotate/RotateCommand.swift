import ArgumentParser

/// `deploy rotate`: the commands that replace certificates or the CA.
struct RotateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Replace certificates or the CA without failed requests.",
    discussion: """
      EXAMPLES:
        deploy rotate certificates --limit app-1
        deploy rotate ca --status
      """,
    subcommands: [
      RotateCertificatesCommand.self, RotateCACommand.self, RotateAuthorityCommand.self,
    ])
}
