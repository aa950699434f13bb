import CAStore
package import Execution
import Fleet
import Planning
package import State

/// Revokes certificates and installs the CRLs on every host (`deploy revoke`).
package struct RevokeCertificates {
  private let run: FleetRun
  private let reason: Revocation.Reason

  package init(_ run: FleetRun, reason: Revocation.Reason) {
    self.run = run
    self.reason = reason
  }

  /// Records the revocations, signs the CRLs and carries a plan out. Hosts that stay in the fleet
  /// get new certificates.
  ///
  /// - Parameters:
  ///   - hosts: hosts whose certificates are all revoked.
  ///   - serials: the beginnings of serial numbers to revoke.
  ///   - foreign: whether the serial numbers are complete, of certificates that the state may not
  ///     know.
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
        // With what hosts have reported meanwhile.
        state = await flow.keeper.state
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

  /// Lists the hosts that still accept or use revoked certificates.
  private func warnOfOpen(_ open: [String]) {
    guard !open.isEmpty else { return }
    run.interaction.inform("Not complete:\n" + open.map { "    \($0)" }.joined(separator: "\n"))
  }

  /// Revokes every valid certificate of a host; fails if the state knows none.
  private func revoke(_ host: String, _ state: inout FleetState) throws {
    guard let name = HostName(host), !state.issued(to: name, at: .current).isEmpty else {
      throw Failure(
        .usage,
        "the state has no valid certificate of a host \"\(host)\": check the name, or revoke a certificate"
          + " with --serial")
    }
    state.revokeCertificates(of: name, at: .current, reason: reason)
  }

  /// Revokes the certificate whose serial number begins with the digits; fails unless there is
  /// exactly one.
  private func revoke(_ prefix: SerialPrefix, _ state: inout FleetState) throws {
    let found = state.issued(beginningWith: prefix, at: .current)
    guard let record = found.first else {
      throw Failure(
        .usage,
        "the state has no valid certificate whose serial number begins with \(prefix.digits). If that is the"
          + " complete serial number of a certificate that this state does not know, add --foreign")
    }
    guard found.count == 1 else {
      let candidates = found.map {
        "    \($0.certificate.serial) of \($0.host), \($0.path), until \($0.certificate.notAfter.date)"
      }
      throw Failure(
        .usage,
        "\(found.count) serial numbers begin with \(prefix.digits): enter more digits of one of them\n"
          + candidates.joined(separator: "\n"))
    }
    state.revoke(record.certificate, of: record.host, at: .current, reason: reason)
  }

  /// Revokes a serial number for every generation, because an unknown certificate may be of any of
  /// them.
  private func revoke(foreign prefix: SerialPrefix, _ state: inout FleetState) throws {
    let serial = prefix.wholeSerial
    if let known = state.issued(beginningWith: prefix, at: .current).first {
      guard known.certificate.serial == serial else {
        throw Failure(
          .usage,
          "\(prefix.digits) is the beginning of serial number \(known.certificate.serial), which was issued"
            + " to \(known.host): to revoke that certificate, leave out --foreign")
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
