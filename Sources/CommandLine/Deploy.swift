package import ArgumentParser
import Certificates
import Dispatch
import Glibc

/// The command line.
package struct Deploy: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Keeps a fleet of nginx front-ends and back-ends as an inventory declares it.",
    discussion: """
      Start with "deploy init", then "deploy check", "deploy plan" and "deploy apply".

      Exit codes: 0 done or nothing to do; 1 failed; 2 changes (plan --detailed-exitcode); 64 usage;
      65 the inventory or playbook is wrong; 75 locked by somebody else; 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, CheckCommand.self, PlanCommand.self, ApplyCommand.self, StatusCommand.self,
      VerifyCommand.self, RollbackCommand.self, RotateCommand.self, RevokeCommand.self,
      CACommand.self, StateCommand.self, HostsCommand.self, CDNCommand.self,
      RunSandboxCommand.self, AuthorityCommand.self,
    ])

  package init() {}

  /// Runs the command that the arguments ask for, and ends the program with its exit code.
  ///
  /// Not `async`, for a program with an `async` start has opened descriptors before its first line.
  package static func start() -> Never {
    ProcessHardening.apply()
    Task { await run() }
    dispatchMain()
  }

  private static func run() async {
    // Who reads the output may go; what is being done on hosts must come to its end all the same.
    signal(SIGPIPE, SIG_IGN)
    guard Secret.wipeWhatOpenSSLFrees() else {
      preconditionFailure("OpenSSL was used before the program began. This is a bug in deploy.")
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
      let message = fullMessage(for: error)
      let code = exitCode(for: error)
      if !message.isEmpty {
        if code.isSuccess { Console.output(message) } else { Console.error(message) }
      }
      ProcessExit.now(code.rawValue)
    }
  }
}
