import ArgumentParser
import Certificates
import Execution
import Planning
import State

extension Revocation.Reason: ExpressibleByArgument {}

/// `deploy revoke`
struct RevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Has certificates refused by every host from now on.",
    discussion: """
      Of a host, all that it is known to have are revoked. One that stays in the inventory is given new \
      ones first, and then every host gets the list that refuses the old: no request fails. One that \
      cannot be reached is refused at once. What else the inventory wants is done as well, as by an \
      apply.
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "A certificate by its serial number in hexadecimal digits.") var serial: [String] =
    []
  @Option(help: "Why (RFC 5280, 5.3.1).") var reason = Revocation.Reason.unspecified
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.") var playbook: String?
  @Option(help: "How many hosts are dealt with at a time.")
  var parallel = HostOptions.usualParallel
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "The hosts, by name.") var hosts: [String] = []

  func validate() throws {
    guard parallel >= 1 else { throw ValidationError("--parallel takes a number from 1 up.") }
    guard !hosts.isEmpty || !serial.isEmpty else {
      throw ValidationError("Name hosts, or certificates by --serial.")
    }
    if let wrong = serial.first(where: { Self.digits($0) == nil }) {
      throw ValidationError("\"\(wrong)\" is no serial number in hexadecimal digits.")
    }
  }

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(options, parallel: parallel, playbook: playbook)
      let ledger = try await session.withState(for: "revoke") { keeper in
        try await session.withFleet { try await revoke(session, $0, keeper) }
      }
      try ledger.throwIfFailed()
    }
  }

  private func revoke(
    _ session: Session, _ fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Ledger {
    var state = await keeper.state
    try session.refuseWithoutAuthority(state)
    let survey = try await session.survey(fleet, state)
    try session.refuseLostState(state, survey)
    for host in hosts { try revoke(host, survey, &state) }
    for serial in serial { try revoke(serial: serial, &state) }
    await keeper.hold(state)
    let plan = try await session.plan(survey, state: state)
    let ledger = try await session.show(
      plan, as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal),
      yes: yes, refused: "nothing was revoked", thenCarryOutOn: fleet, keeper)
    if !plan.hasChanges {
      try await keeper.save(state)
      try await session.revocations.keep()
    }
    return ledger
  }

  private func revoke(_ host: String, _ survey: Survey, _ state: inout FleetState) throws {
    var release: ReleaseRecord?
    if case .observed(let observation) = survey[host] { release = observation.manifest?.release }
    let known = [state.hosts[host]?.release, release].compactMap(\.self)
    guard known.contains(where: { !$0.certificates.isEmpty }) else {
      throw Failure(
        .usage,
        "no certificate of \"\(host)\" is known: name the host as the inventory or the state does, or"
          + " its certificate by --serial")
    }
    state.revokeCertificates(of: host, beside: release, at: .current, reason: reason)
  }

  /// A certificate that no host is known to have may be of any generation.
  private func revoke(serial text: String, _ state: inout FleetState) throws {
    guard let serial = Self.digits(text) else { throw Failure(.usage) }
    for (host, record) in state.hosts {
      if let known = record.release.certificates.values.first(where: { $0.serial == serial }) {
        state.revoke(known, of: host, at: .current, reason: reason)
        return
      }
    }
    for authority in state.authorities {
      state.revoke(
        Revocation(
          serial: serial, issuerKeyIdentifier: authority.keyIdentifier, host: nil,
          revokedAt: .current, reason: reason, notAfter: authority.notAfter))
    }
  }

  /// As certificates have them: lower-case, two digits a byte; nil where these are none.
  private static func digits(_ text: String) -> String? {
    let digits = text.lowercased().filter { $0 != ":" }
    guard !digits.isEmpty, digits.utf8.count <= 40, digits.allSatisfy(\.isHexDigit) else {
      return nil
    }
    return digits.utf8.count.isMultiple(of: 2) ? digits : "0" + digits
  }
}
