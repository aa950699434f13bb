import Application
import ArgumentParser

/// `deploy state rebuild`
struct StateRebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Brings a state that is behind, or lost, up to date from the manifests on the hosts.",
    discussion: """
      Each host carries what was installed there, signed with the fleet's key, and with it what the fleet \
      has revoked, which CA generations it trusts and which it has retired. What is proven by a known key \
      is taken in; nothing that this state refuses already is forgotten. If the key is lost as well, or \
      the hosts carry releases of version 0.1.0, which signed nothing, what they claim is shown, and you \
      are asked. No host is changed.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Do not ask: believe what the hosts claim.") var yes = false

  func run() async throws {
    try await reporting {
      let run = try FleetRun(
        options.location, hosts.scope(), options.interaction(yes: yes))
      let result = try await RebuildState(run).rebuild()
      report(result, run.workspace.statePath)
      if let misfit = result.misfit {
        throw Failure(.failed, "the state is rebuilt, and one thing is left to do: \(misfit)")
      }
    }
  }

  private func report(_ result: RebuildState.Result, _ path: String) {
    Console.output(
      (["Rebuilt \(path): \(result.carrying) of \(result.count) hosts carry a release."]
        + result.found.map { "  taken in: \($0)" }
        + result.missing.map { "  not taken in: \($0)" }).joined(separator: "\n"))
    guard !result.missing.isEmpty else { return }
    Console.error(
      "deploy: what the state said of the hosts that were not taken in stays; run this again when they"
        + " can be asked, or let the next apply repair them")
  }
}
