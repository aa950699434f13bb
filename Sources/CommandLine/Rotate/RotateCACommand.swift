import Application
import ArgumentParser
import Inventories
import Planning
import Playbooks
import State

/// `deploy rotate ca`
struct RotateCACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca",
    abstract: "Puts a new CA in place of the one in use, with no failed request.",
    discussion: """
      A new generation with a key and a name of its own is made. Every host is brought to trust both, \
      then all certificates are issued anew, then no host trusts the old one any more, and its key goes \
      from the folder. Where a rotation stands is read off the hosts: one that was cut off anywhere, by a \
      host that is down too, goes on when the command is given again, and so does it by an apply. The \
      old generation stays in the folder until every host says that it needs it no more.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var newer: NewerOptions
  @Option(
    name: .shortAndLong, help: "The playbook; by default rotate-ca.", completion: .yaml)
  var playbook: String?
  @OptionGroup var parallel: ParallelOption
  @Flag(help: "Only show which generations the hosts trust and show; nothing is touched.")
  var status = false
  @Option(
    help: """
      What becomes of the old key: archive keeps it encrypted, destroy overwrites it; by default what \
      the playbook says.
      """) var key: Playbook.KeyFate?
  @Flag(help: "The old key is compromised: without the playbook's pauses, and the window is named.")
  var emergency = false
  @OptionGroup var approval: ApprovalOptions

  func run() async throws {
    guard !status else { return try await showStatus() }
    try await approval.carryOut(options, scope) { run in
      try await RotateCA(run).rotate(key: key, isEmergency: emergency)
    }
  }

  private func scope() throws -> RunScope {
    var scope = try RunScope(parallel: parallel.parallel, playbook: playbook)
    scope.command = .rotateCA
    scope.overridesNewer = newer.overridesNewer
    return scope
  }

  private func showStatus() async throws {
    try await reporting {
      let run = try FleetRun(options.location, scope(), options.interaction())
      let (state, standing) = try await RotateCA(run).status()
      try RotationStatusView(state, standing).print(as: approval.format)
    }
  }
}

extension Playbook.KeyFate: ExpressibleByArgument {}
