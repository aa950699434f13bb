import Application
import ArgumentParser

/// `deploy state rebuild`: recovers a state that is lost or outdated.
///
/// It reads the manifests of the hosts (``RebuildState``) and writes the state file. It exits with
/// 1 if the rebuilt state contradicts the CA's folder.
struct StateRebuildCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    var state: String
    /// How many hosts may have a release, and how many have one.
    var hosts: Int
    var hostsWithRelease: Int
    var added: [String]
    var notAdded: [String]
    var conflict: String?
  }

  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Rebuild a lost or outdated state from the manifests on the hosts.",
    usage: "deploy state rebuild [<options>]",
    discussion: """
      Each host has a manifest of its release, signed with the fleet key. It also lists what the fleet has \
      revoked, and which CA generations the fleet trusts or has retired. Everything that a known key has signed \
      is added to the state; revocations that the state already has are kept. If the fleet key is lost too, or \
      if the hosts have unsigned releases of version 0.1.0, the command shows what the hosts claim and asks \
      whether to believe them. No host is changed.

      EXAMPLES:
        deploy state rebuild
        deploy state rebuild --inventory Inventories/shop.yml --yes
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Believe unproven claims of the hosts without asking.") var yes = false
  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let run = try await FleetRun(
        options.location(waiting: lock), hosts.scope(),
        options.interaction(format: format, yes: yes),
        log: log.logger(options.verbosity))
      let result = try await RebuildState(run).rebuild()
      try report(result, run.workspace.statePlace)
      if let misfit = result.misfit {
        throw Failure(
          .failed, "the state is rebuilt, but it does not match the CA's folder: \(misfit)")
      }
    }
  }

  /// Prints what was added to the state, and what was not and why.
  private func report(_ result: RebuildState.Result, _ path: String) throws {
    guard format == .text else {
      return try JSONText.print(
        Document(
          state: path, hosts: result.count, hostsWithRelease: result.carrying, added: result.found,
          notAdded: result.missing, conflict: result.misfit))
    }
    Console.output(
      (["Rebuilt \(path): \(result.carrying) of \(result.count) hosts have a release."]
        + result.found.map { "  added: \($0)" }
        + result.missing.map { "  not added: \($0)" }).joined(separator: "\n"))
    guard !result.missing.isEmpty else { return }
    Console.error(
      "deploy: the state keeps its records of the hosts that were not added. Run this command again when"
        + " they can be reached, or let the next apply repair them.")
  }
}
