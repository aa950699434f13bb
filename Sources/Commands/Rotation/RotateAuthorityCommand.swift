import ArgumentParser
import Execution
import Inventories
import Planning
import Playbooks
import State

/// `deploy rotate authority`
struct RotateAuthorityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authority",
    abstract: "Puts a new authority in place of the one in use, with no failed request.",
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
    name: .shortAndLong, help: "The playbook; by default rotate-authority.", completion: .yaml)
  var playbook: String?
  @Option(help: "How many hosts are dealt with at a time.")
  var parallel = HostOptions.usualParallel
  @Flag(help: "Only show which generations the hosts trust and show; nothing is touched.")
  var status = false
  @Option(
    help: """
      What becomes of the old key: archive keeps it encrypted, destroy overwrites it; by default what \
      the playbook says.
      """) var key: Playbook.KeyFate?
  @Flag(help: "The old key is compromised: without the playbook's pauses, and the window is named.")
  var emergency = false
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false

  func validate() throws {
    guard parallel >= 1 else { throw ValidationError("--parallel takes a number from 1 up.") }
  }

  func run() async throws {
    try await reporting {
      let session = try Session(
        options, parallel: parallel, playbook: playbook, for: .rotateAuthority,
        overridesNewer: newer.overridesNewer)
      guard !status else { return try await showStanding(session) }
      try Console.refuseToAsk(format, yes: yes)
      let ledger = try await session.withState(for: "rotate authority") { keeper in
        try await session.withFleet(await keeper.state) {
          try await rotate(session, $0, keeper)
        }
      }
      try ledger.throwIfFailed()
    }
  }

  private func showStanding(_ session: Session) async throws {
    let state = try session.readState()
    let survey = try await session.withFleet(state) {
      try await session.judgedSurvey($0, state).survey
    }
    try AuthorityStandingView(state, session.standing(state, survey)).print(as: format)
  }

  private func rotate(
    _ session: Session, _ fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Ledger {
    var state = await keeper.state
    let survey = try await session.survey(fleet, &state)
    try await session.keyring.startRotation(of: &state, now: .current)
    await keeper.hold(state)
    var plan = try await session.plan(survey, state: state)
    if emergency {
      plan.pause = 0
      plan.warnings += session.standing(state, survey).openWindow(state)
    }
    let ledger = try await session.show(
      plan, as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal),
      yes: yes,
      refused:
        "no host was changed, but the new generation is made, and the next apply goes on with"
        + " it", thenCarryOutOn: fleet, keeper)
    if ledger.stopped != Ledger.interrupted { try await finish(session, fleet, keeper) }
    return ledger
  }

  private func fate(_ playbook: Playbook) -> Playbook.KeyFate {
    if let key { return key }
    guard case .rotateAuthority(let fate) = playbook.procedure else { return .archive }
    return fate
  }

  /// Takes the old generations away when the hosts say that they need them no more.
  private func finish(_ session: Session, _ fleet: Fleet, _ keeper: StateKeeper) async throws {
    var state = await keeper.state
    let folder = session.workspace.authorityFolder
    let fate = fate(session.playbook)
    let standing = session.standing(
      state, try await session.judgedSurvey(fleet, state).survey)
    for record in state.authorities where record.status == .retiring {
      let obstacles = standing.obstacles(toRemove: record)
      guard obstacles.isEmpty else {
        throw Failure(
          .failed,
          "\"\(record.commonName)\" is not at its end; the same command goes on when this is"
            + " mended:\n" + obstacles.map { "    \($0)" }.joined(separator: "\n"))
      }
      let isPresent = try folder.listing().certificates.contains(record.generation)
      if isPresent { try folder.finish(record.generation, key: fate) }
      state.retire(RetiredAuthority(record))
      if format == .text {
        Console.output(
          "No host trusts \"\(record.commonName)\" any more"
            + (isPresent ? "; its key is \(fate.text(folder))." : "."))
      }
    }
    try session.workspace.takeInFolder(&state)
    try await keeper.save(state)
  }
}

extension Playbook.KeyFate: ExpressibleByArgument {
  fileprivate func text(_ folder: AuthorityFolder) -> String {
    switch self {
    case .archive: "kept encrypted in \(folder.archive.path)"
    case .destroy: "destroyed"
    }
  }
}

extension Session {
  func standing(_ state: FleetState, _ survey: Survey) -> AuthorityStanding {
    AuthorityStanding(of: state, hosts: workspace.inventory.hosts, survey: survey)
  }
}

extension AuthorityStanding {
  /// For how long whoever has a compromised key is accepted, in words.
  fileprivate func openWindow(_ state: FleetState) -> [String] {
    state.authorities.filter { $0.status == .retiring }.compactMap { record in
      let hosts = rows.filter { $0.trusts.contains(record.keyIdentifier) }.map(\.host)
      guard !hosts.isEmpty else { return nil }
      return "until the last stage is done, whoever has the key of \"\(record.commonName)\" is"
        + " accepted by \(hosts.joined(separator: ", "))"
    }
  }
}
