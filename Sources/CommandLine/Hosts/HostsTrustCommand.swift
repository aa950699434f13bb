import Application
import ArgumentParser
import SSH

/// `deploy hosts trust`: shows the SSH host keys that no known_hosts file has, and records them if
/// the user accepts them (``TrustHosts``). It exits with 1 if a key could not be read or was not
/// accepted.
struct HostsTrustCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    struct Key: Encodable {
      var host: String
      var type: String
      var fingerprint: String
      var name: String
      var file: String
      var isAccepted: Bool
    }

    let version = 1
    var asked: Int
    var accepted: Int
    var keys: [Key]
    var failures: [String]
  }

  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "Show the SSH keys of hosts missing from known_hosts, and accept them together.",
    usage: "deploy hosts trust [<options>]",
    discussion: """
      Compare each fingerprint with the output of this command on the host itself:

        ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub

      A key that has changed is never accepted. New jump hosts are shown first, because hosts behind them can be \
      reached only after the jump host is trusted.

      EXAMPLES:
        deploy hosts trust
        deploy hosts trust --limit app-3 --yes
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Accept the keys without asking.") var yes = false
  @Option(help: "Output format; json asks nothing, and accepts no key without --yes.")
  var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format, yes: yes)
      let (run, access) = try await FleetRun.overSSH(
        options.location, hosts.scope(), interaction, log: log.logger(options.verbosity))
      var shown: [NewHostKey] = []
      let result = try await TrustHosts(run, access).trust { keys in
        shown += keys
        guard format == .text else { return yes }
        Console.output(Self.table(keys))
        let these = keys.count == 1 ? "this key" : "these \(keys.count) keys"
        return await interaction.confirm("Accept \(these)?")
      }
      if format == .json { try JSONText.print(Self.document(result, shown, areAccepted: yes)) }
      for failure in result.failures { Console.error("deploy: \(failure)") }
      guard result.failures.isEmpty else { throw ExitCode(.failed) }
      if result.accepted == 0, format == .text {
        let which =
          result.asked == 1 ? "the host has no" : "none of the \(result.asked) hosts has a"
        Console.output("Nothing to do: \(which) new key.")
      }
    }
  }

  private static func document(
    _ result: TrustHosts.Result, _ keys: [NewHostKey], areAccepted: Bool
  ) -> Document {
    Document(
      asked: result.asked, accepted: result.accepted,
      keys: keys.map {
        Document.Key(
          host: $0.label, type: $0.type, fingerprint: $0.fingerprint, name: $0.name, file: $0.file,
          isAccepted: areAccepted)
      }, failures: result.failures)
  }

  /// One line for each key: the host, the type, the fingerprint, and the name in known_hosts.
  private static func table(_ keys: [NewHostKey]) -> String {
    let width = keys.map(\.label.count).max() ?? 0
    return keys.map { key in
      let label = key.label + String(repeating: " ", count: width - key.label.count)
      return "\(label)  \(key.type) \(key.fingerprint)  \(key.name)"
    }.joined(separator: "\n")
  }
}
