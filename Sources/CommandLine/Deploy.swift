package import ArgumentParser
import Certificates
import Dispatch
import Glibc
import Reports

/// The root command `deploy`: parses the arguments and runs the command that they name. The
/// program's `main` calls ``start()``.
package struct Deploy: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Configure nginx front-ends and back-ends from an inventory.",
    discussion: """
      Start with "deploy init", which prints the next steps.

      EXAMPLES:
        deploy init shop
        deploy plan --limit app-1
        deploy help apply

      EXIT CODES:
        0    done, or nothing to do
        1    failed, or a host is blocked, unreachable or not healthy
        2    there are changes (plan --detailed-exitcode)
        64   the command line is wrong
        65   the inventory, the playbook or a file that they name is wrong
        75   the state is locked by another run
        130  interrupted
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, CheckCommand.self, PlanCommand.self, ApplyCommand.self, RenewCommand.self,
      StatusCommand.self, VerifyCommand.self, ReportCommand.self, GraphCommand.self,
      HistoryCommand.self, RollbackCommand.self, DrainCommand.self, UndrainCommand.self,
      MaintenanceCommand.self, RotateCommand.self,
      RevokeCommand.self,
      CACommand.self, StateCommand.self, HostsCommand.self, CDNCommand.self, ACMECommand.self,
      ExplainCommand.self, SchemaCommand.self, RunSandboxCommand.self, VersionCommand.self,
      AuthorityCommand.self,
    ])

  @Flag(name: .customShort("V"), help: "Show the version.") var showsVersion = false

  package init() {}

  /// Called before the command that the arguments name, which `-V` anywhere replaces, as `--version` does.
  package func validate() throws {
    if showsVersion { throw CleanExit.message(Deploy.configuration.version) }
  }

  package func run() async throws { throw CleanExit.helpRequest(self) }

  /// Runs the command that the arguments name, and exits with its exit code.
  ///
  /// Not `async`, because a program with an `async` entry point opens descriptors before its first
  /// line.
  package static func start() -> Never {
    ProcessHardening.apply()
    Task { await run() }
    dispatchMain()
  }

  /// Parses and runs the command, prints its error if it throws one, and exits.
  private static func run() async {
    // The reader of a pipe may close it; the changes on hosts must finish anyway.
    signal(SIGPIPE, SIG_IGN)
    guard Secret.wipeWhatOpenSSLFrees() else {
      preconditionFailure("OpenSSL was used before the program began. This is a bug in deploy.")
    }
    let words = Swift.CommandLine.arguments.dropFirst()
    if let unknown = UnknownCommand(in: words, of: Deploy.self) {
      Console.error("Error: \(unknown)")
      ProcessExit.now(ExitStatus.usage.rawValue)
    }
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      ProcessExit.now(ExitCode.success.rawValue)
    } catch {
      if exitCode(for: error) == .validationFailure, PluginAnswer.isAsked(by: words) {
        let result = PluginResult(unknown: message(for: error))
        ProcessExit.now(PluginAnswer.show(result).rawValue)
      }
      let message = fullMessage(for: error)
      let code = exitCode(for: error)
      if !message.isEmpty {
        if code.isSuccess { Console.output(message) } else { Console.error(message) }
      }
      ProcessExit.now(code.rawValue)
    }
  }
}
