import Application
import ArgumentParser

/// `deploy acme register`: makes the keys of ACME accounts and registers them (``RegisterAccount``).
struct ACMERegisterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register",
    abstract: "Make the key of an ACME account and register it at its server.",
    usage: "deploy acme register [<options>]",
    discussion: """
      An apply does this itself when it needs an account. Register first if you want to review or save a plan \
      before: front-ends answer challenges with the thumbprint of the account's key. The key is kept encrypted with \
      the CA's passphrase, and is never sent to a host.

      EXAMPLES:
        deploy acme register
        deploy acme register --account zerossl
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @OptionGroup var log: LogOption
  @Option(help: ArgumentHelp("Only this account of the inventory.", valueName: "name"))
  var account: String?

  func run() async throws {
    try await reporting {
      let run = try await FleetRun(
        options.location(waiting: lock), RunScope(), options.interaction(yes: false),
        log: log.logger(options.verbosity))
      for account in try await RegisterAccount(run).register(account) {
        Console.output(
          "The account \"\(account.name)\" is registered at \(account.server); the thumbprint of its key is"
            + " \(account.thumbprint).")
      }
    }
  }
}
