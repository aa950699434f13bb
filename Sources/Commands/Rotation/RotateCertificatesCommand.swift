import ArgumentParser
import Execution
import Fleet
import Inventories
import Planning
import Playbooks
import State

extension Role: ExpressibleByArgument {}

/// `deploy rotate certificates`
struct RotateCertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Gives hosts new keys and certificates, however long theirs are valid.",
    discussion: """
      What else the inventory wants of these hosts is done as well, as by an apply. The new \
      certificates are proven as what nginx serves before a host counts as done; the old keys go with \
      their release. A rotation that was cut off in the last day goes on with the hosts that it has not \
      reached: what it is to replace stands in the state, and how far it has come is read off the hosts.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @Option(help: "Only the certificates of this role; by default of both.") var role: Role?
  @Option(
    name: .shortAndLong, help: "The playbook; by default rotate-certificates.", completion: .yaml)
  var playbook: String?
  @Flag(help: "Hosts that a rotation which was cut off has reached get new ones again.")
  var anew = false
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(
        options, hosts, playbook: playbook, for: .rotateCertificates, renews: roles,
        overridesNewer: newer.overridesNewer)
      let ledger = try await session.withState(for: "rotate certificates") { keeper in
        try await session.withFleet(await keeper.state) {
          try await rotate(session, $0, keeper)
        }
      }
      try ledger.throwIfFailed()
    }
  }

  private var roles: Set<Role> { role.map { [$0] } ?? Set(Role.allCases) }

  private func rotate(
    _ session: Session, _ fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Ledger {
    var state = await keeper.state
    try session.refuseWithoutAuthority(state)
    let survey = try await session.survey(fleet, &state)
    let selected = session.hosts(state).map(\.name)
    if let earlier = state.beginRotation(of: roles, on: selected, survey, anew: anew, at: .current)
    {
      let (all, left) = earlier.progress(in: state, survey)
      Console.error(
        "Goes on with the rotation of \(earlier.startedAt), which has brought \(all - left) of \(all)"
          + " certificates; --anew replaces those again.")
    }
    await keeper.hold(state)
    let plan = try await session.plan(survey, state: state)
    let ledger = try await session.show(
      plan, as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal),
      yes: yes, thenCarryOutOn: fleet, keeper)
    state = await keeper.state
    if state.rotation?.progress(in: state).left == 0 {
      state.rotation = nil
      try await keeper.save(state)
    }
    return ledger
  }
}
