import Application
import ArgumentParser

/// `deploy sandbox`
struct RunSandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract:
      "Makes a throw-away fleet of the inventory's hosts on this machine and runs a command.",
    discussion: """
      Each host is a network namespace with its inventory address, sshd, nginx and a firewall of its
      own. In the command, ~/.ssh has a key that every host accepts and their host keys. When the
      command ends, all of it is gone.

          deploy sandbox -i Inventories/demo.yml -- deploy plan
      """)

  @OptionGroup var options: FleetOptions
  @Argument(parsing: .postTerminator, help: "The command and its arguments; by default a shell.")
  var command: [String] = []

  func run() async throws {
    try await reporting {
      let status = try await RunInSandbox(options.openWorkspace()).run(command)
      guard status == 0 else { throw ExitCode(status) }
    }
  }
}
