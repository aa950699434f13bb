import ArgumentParser

/// `deploy rotate`
struct RotateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Puts new certificates, or a new CA, in place of those that are in use.",
    subcommands: [
      RotateCertificatesCommand.self, RotateCACommand.self, RotateAuthorityCommand.self,
    ])
}
