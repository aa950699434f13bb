import Application
import ArgumentParser
import SSH

/// `deploy hosts trust`
struct HostsTrustCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract:
      "Shows the keys of hosts that known_hosts does not have, and accepts them all at once.",
    discussion: """
      Compare the fingerprints with what "ssh-keygen -lf" says on the hosts themselves. Hosts whose \
      key changed are never accepted. Jump hosts come first: what is behind a new one can only be \
      asked when it is trusted.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Accept without asking.") var yes = false

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(yes: yes)
      let (run, access) = try FleetRun.overSSH(options.location, hosts.scope(), interaction)
      let result = try await TrustHosts(run, access).trust { keys in
        Console.output(Self.table(keys))
        let these = keys.count == 1 ? "it" : "these \(keys.count)"
        return await interaction.confirm("Accept \(these)?")
      }
      for failure in result.failures { Console.error("deploy: \(failure)") }
      guard result.failures.isEmpty else { throw ExitCode(.failed) }
      if result.accepted == 0 {
        Console.output("Nothing to do: no host has a new key (\(result.asked) asked).")
      }
    }
  }

  private static func table(_ keys: [NewHostKey]) -> String {
    let width = keys.map(\.label.count).max() ?? 0
    return keys.map { key in
      let label = key.label + String(repeating: " ", count: width - key.label.count)
      return "\(label)  \(key.type) \(key.fingerprint)  \(key.name)"
    }.joined(separator: "\n")
  }
}
