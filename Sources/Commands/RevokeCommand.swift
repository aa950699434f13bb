import ArgumentParser
import Certificates
import Execution
import Fleet
import Planning
import State

extension Revocation.Reason: ExpressibleByArgument {}

/// `deploy revoke`
struct RevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Has certificates refused by every host from now on.",
    discussion: """
      Of a host, every certificate that was ever issued to it and has not expired is revoked, also those of \
      releases that it keeps. One that stays in the inventory and answers gets new certificates first, so \
      that its requests continue; then the others refuse the old ones. If it fails or takes long, they \
      refuse them all the same, and requests that need it fail. What else the inventory wants is done as \
      well, as by an apply. Exits with 1 and what is open if any host could not be changed.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var newer: NewerOptions
  @Option(
    help: """
      A certificate by its serial number, or the beginning of it that no other has: at least 8 \
      hexadecimal digits.
      """) var serial: [String] = []
  @Flag(help: "The serials are whole, and of certificates that this state has not issued.")
  var foreign = false
  @Option(help: "Why (RFC 5280, 5.3.1).") var reason = Revocation.Reason.unspecified
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?
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
    guard !foreign || !serial.isEmpty else {
      throw ValidationError("--foreign is about certificates that --serial names.")
    }
    for text in serial {
      guard let prefix = SerialPrefix(text) else {
        throw ValidationError("\"\(text)\" is not a serial number in hexadecimal digits.")
      }
      guard foreign || prefix.digits.utf8.count >= SerialPrefix.shortest else {
        throw ValidationError("\"\(text)\" is too short: give at least 8 hexadecimal digits.")
      }
    }
  }

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(
        options, parallel: parallel, playbook: playbook, overridesNewer: newer.overridesNewer)
      let ledger = try await session.withState(for: "revoke") { keeper in
        try await session.withFleet(await keeper.state) {
          try await revoke(session, $0, keeper)
        }
      }
      try ledger.throwIfFailed()
    }
  }

  private func revoke(
    _ session: Session, _ fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Ledger {
    var state = await keeper.state
    try session.refuseWithoutAuthority(state)
    let survey = try await session.survey(fleet, &state)
    for host in hosts { try revoke(host, &state) }
    for prefix in serial.compactMap(SerialPrefix.init) {
      try foreign ? revoke(foreign: prefix, &state) : revoke(prefix, &state)
    }
    await keeper.hold(state)
    let plan = try await session.plan(survey, state: state)
    let ledger = try await session.show(
      plan, as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal),
      yes: yes, refused: "nothing was revoked", thenCarryOutOn: fleet, keeper)
    if !plan.hasChanges {
      await session.revocations.note(in: &state)
      try await keeper.save(state)
      try await session.revocations.keep()
    }
    let open = RevocationStanding(of: await keeper.state, revoked: plan.revoked, at: .current)
      .open(after: ledger.verdicts.mapValues(\.detail))
    if !open.isEmpty {
      Console.error("Still open:\n" + open.map { "    \($0)" }.joined(separator: "\n"))
    }
    return ledger
  }

  private func revoke(_ host: String, _ state: inout FleetState) throws {
    guard !state.issued(to: host, at: .current).isEmpty else {
      throw Failure(
        .usage,
        "no certificate that is still valid was issued to \"\(host)\": name the host as the inventory"
          + " or the state does, or its certificate by --serial")
    }
    state.revokeCertificates(of: host, at: .current, reason: reason)
  }

  private func revoke(_ prefix: SerialPrefix, _ state: inout FleetState) throws {
    let found = state.issued(beginningWith: prefix, at: .current)
    guard let record = found.first else {
      throw Failure(
        .usage,
        "no certificate that is still valid was issued with a serial that begins with"
          + " \(prefix.digits). Give --foreign if it is the whole serial of a certificate that this"
          + " state does not know")
    }
    guard found.count == 1 else {
      let candidates = found.map {
        "    \($0.certificate.serial) of \($0.host), \($0.path), until \($0.certificate.notAfter.date)"
      }
      throw Failure(
        .usage,
        "\(prefix.digits) is the beginning of \(found.count) serials: give more digits of one\n"
          + candidates.joined(separator: "\n"))
    }
    state.revoke(record.certificate, of: record.host, at: .current, reason: reason)
  }

  /// A certificate that the state does not know may be of any generation.
  private func revoke(foreign prefix: SerialPrefix, _ state: inout FleetState) throws {
    let serial = prefix.wholeSerial
    if let known = state.issued(beginningWith: prefix, at: .current).first {
      guard known.certificate.serial == serial else {
        throw Failure(
          .usage,
          "\(prefix.digits) is the beginning of \(known.certificate.serial), which was issued to"
            + " \(known.host): leave --foreign out to revoke that one")
      }
      return state.revoke(known.certificate, of: known.host, at: .current, reason: reason)
    }
    for authority in state.authorities {
      state.revoke(
        Revocation(
          serial: serial, issuerKeyIdentifier: authority.keyIdentifier, host: nil,
          revokedAt: .current, reason: reason, notAfter: authority.notAfter))
    }
  }
}
