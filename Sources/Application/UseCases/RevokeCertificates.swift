import CAStore
package import Execution
import Fleet
import Planning
package import State

/// Has certificates refused by every host.
package struct RevokeCertificates {
  private let run: FleetRun
  private let reason: Revocation.Reason

  package init(_ run: FleetRun, reason: Revocation.Reason) {
    self.run = run
    self.reason = reason
  }

  /// - Parameters:
  ///   - hosts: all certificates that were issued to these.
  ///   - serials: certificates by the beginning of their serial numbers.
  ///   - foreign: whether the serials are whole, and of certificates that the state need not know.
  package func revoke(
    hosts: [String], serials: [SerialPrefix], foreign: Bool
  ) async throws -> Summary {
    try await run.whileLocked(for: "revoke") { flow in
      var state = await flow.keeper.state
      try run.ca.folder.refuseWithoutCA(state)
      let survey = try await run.surveyor.survey(flow.hosts, &state)
      for host in hosts { try revoke(host, &state) }
      for prefix in serials {
        try foreign ? revoke(foreign: prefix, &state) : revoke(prefix, &state)
      }
      await flow.keeper.hold(state)
      let plan = try await run.planner.plan(survey, state)
      let summary = try await flow.carryOut(plan, refused: "nothing was revoked")
      if !plan.hasChanges {
        await run.ca.revocations.add(to: &state)
        try await flow.keeper.save(state)
        try await run.ca.revocations.keep()
      }
      warnOfOpen(
        RevocationStanding(of: await flow.keeper.state, revoked: plan.revoked, at: .current)
          .open(after: summary.results.mapValues(\.detail)))
      return summary
    }
  }

  private func warnOfOpen(_ open: [String]) {
    guard !open.isEmpty else { return }
    run.interaction.inform("Still open:\n" + open.map { "    \($0)" }.joined(separator: "\n"))
  }

  private func revoke(_ host: String, _ state: inout FleetState) throws {
    guard let name = HostName(host), !state.issued(to: name, at: .current).isEmpty else {
      throw Failure(
        .usage,
        "no certificate that is still valid was issued to \"\(host)\": name the host as the inventory"
          + " or the state does, or its certificate by --serial")
    }
    state.revokeCertificates(of: name, at: .current, reason: reason)
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
    for ca in state.caGenerations {
      state.revoke(
        Revocation(
          serial: serial, issuerKeyIdentifier: ca.keyIdentifier, host: nil,
          revokedAt: .current, reason: reason, notAfter: ca.notAfter))
    }
  }
}
