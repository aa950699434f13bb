import Application
import ArgumentParser
import Inventories
import Planning
import Playbooks
import State

/// `deploy rotate ca`: replaces the CA with a new generation, or continues a rotation that was
/// interrupted (``RotateCA``). With `--status`, it only shows the progress.
struct RotateCACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca",
    abstract: "Replace the CA with a new generation, without failed requests.",
    usage: "deploy rotate ca [<options>]",
    discussion: """
      Creates a generation with a new key and a new common name. Hosts trust it before any peer presents its \
      certificates, and stop trusting the old generation after their last peer has a new certificate. Then the \
      old key is archived or destroyed. The progress is read from the hosts: if a rotation is interrupted, or a \
      host is down, run the command again, or "deploy apply", to continue. The old generation stays in the CA's \
      folder until no host needs it.

      EXAMPLES:
        deploy rotate ca
        deploy rotate ca --status
        deploy rotate ca --emergency --key destroy
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @Flag(help: "Only show which generations each host trusts and which issued its certificates.")
  var status = false
  @Option(
    help: ArgumentHelp(
      """
      What to do with the old key: archive (keep it encrypted) or destroy (overwrite it). Default: as the \
      playbook says.
      """,
      valueName: "action"))
  var key: Playbook.KeyFate?
  @Flag(
    help: """
      The old key is compromised: skip the playbook's pauses, and warn which hosts accept the old key until \
      the rotation is complete.
      """)
  var emergency = false
  @OptionGroup var approval: ApprovalOptions

  /// Refuses options that would have no effect with `--status`.
  func validate() throws {
    guard status else { return }
    guard approval.format != .ndjson else {
      throw ValidationError(
        "--status has no events, so it cannot be combined with --format ndjson.")
    }
    let ignored = [
      (approval.yes, "--yes"), (key != nil, "--key"), (emergency, "--emergency"),
      (newer.overridesNewer, "--override-newer"), (playbook.isGiven, "--playbook"),
    ].filter(\.0).map(\.1)
    guard ignored.isEmpty else {
      throw ValidationError(
        "--status changes nothing, so it cannot be combined with \(ignored.joined(separator: ", "))."
      )
    }
  }

  func run() async throws {
    guard !status else { return try await showStatus() }
    try await approval.carryOut(options, log, scope) { run in
      try await RotateCA(run).rotate(key: key, isEmergency: emergency)
    }
  }

  /// The scope of all hosts. Without `--playbook`, it has the playbook for CA rotations.
  private func scope() throws -> RunScope {
    var scope = try RunScope(parallel: parallel.parallel, playbook: playbook.playbook)
    scope.command = .rotateCA
    scope.overridesNewer = newer.overridesNewer
    return scope
  }

  /// Shows which generations each host trusts and uses, without changing anything.
  private func showStatus() async throws {
    try await reporting {
      let run = try await FleetRun(
        options.location, scope(), options.interaction(), log: log.logger(options.verbosity))
      let (state, rotation) = try await RotateCA(run).status()
      try RotationStatusView(state, rotation).print(as: approval.format.ofResults)
    }
  }
}

extension Playbook.KeyFate: ExpressibleByArgument {}
