import Application
import ArgumentParser

/// `deploy sandbox`: runs a command in a throw-away copy of the fleet (``RunInSandbox``), and exits
/// with the exit status of that command.
struct RunSandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Run a command in a throw-away copy of the fleet on the controller.",
    usage: "deploy sandbox [<options>] [-- <command> ...]",
    discussion: """
      Each host of the inventory becomes a network namespace with the host's address, sshd, nginx and \
      firewall. In it, ~/.ssh has a key that every host accepts and the hosts' keys in known_hosts, and \
      DEPLOY_INVENTORY names the inventory. DEPLOY_PASSPHRASE is not passed on: set it inside. When the command \
      ends, the sandbox is removed. Needs root.

      EXAMPLES:
        deploy sandbox -i Inventories/shop.yml -- deploy plan
        deploy sandbox -i Inventories/shop.yml
      """)

  @OptionGroup var options: FleetOptions
  @Argument(
    parsing: .postTerminator, help: "Command to run, with its arguments. Default: a shell.")
  var command: [String] = []

  func run() async throws {
    try await reporting {
      let status = try await RunInSandbox(options.openWorkspace()).run(command)
      guard status == 0 else { throw ExitCode(status) }
    }
  }
}
