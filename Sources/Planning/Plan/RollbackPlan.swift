package import Fleet
package import Inventories
package import Playbooks
package import State

/// Everything that a rollback plan is made from. It needs neither certificates nor the inventory's files.
package struct RollbackInput: Sendable {
  package var hosts: [Host]
  /// The number of the release; nil for the previous one.
  package var number: ReleaseNumber?
  package var keepReleases: Int
  package var playbook: Playbook
  package var state: FleetState
  package var survey: Survey
  package var now: Timestamp
  /// The manifests that the hosts have of the releases to restore.
  package var manifests: [HostName: ShownManifest]
  /// SHA-256 of the ordered certificates of sites that were revoked, in lower-case hex.
  package var revokedCertificates: Set<String> = []

  package init(
    hosts: [Host], number: ReleaseNumber?, keepReleases: Int, playbook: Playbook,
    state: FleetState, survey: Survey, now: Timestamp, manifests: [HostName: ShownManifest] = [:]
  ) {
    self.hosts = hosts
    self.number = number
    self.keepReleases = keepReleases
    self.playbook = playbook
    self.state = state
    self.survey = survey
    self.now = now
    self.manifests = manifests
  }
}

extension RollbackInput {
  /// The release to restore on a host, if its manifest is signed by this fleet for this host.
  fileprivate func restored(_ release: ReleaseNumber, on host: HostName) -> RestoredRelease? {
    guard let shown = manifests[host], case .valid = shown.signature,
      let manifest = shown.manifest, manifest.host == host, manifest.release.number == release,
      (manifest.fleet, manifest.lineage) == (state.fleet, state.lineage)
    else { return nil }
    return RestoredRelease.known(manifest.release, digest: shown.digest)
  }
}

extension Planner {
  /// Why a host has no release to roll back to: none at all, none before the current one, or not
  /// the one that `--to` names.
  package struct NoRelease: Error, Hashable, CustomStringConvertible {
    package var description: String
  }

  /// The release to restore on each host that can be reached.
  ///
  /// - Throws: One error that lists all hosts without such a release: a rollback changes all of its hosts
  ///   or none.
  package static func releases(
    toGoBackTo input: RollbackInput
  ) throws(NoRelease) -> [(host: Host, release: ReleaseNumber)] {
    var releases: [(host: Host, release: ReleaseNumber)] = []
    var without: [String] = []
    for host in input.hosts {
      guard case .observed(let observation) = input.survey[host.name],
        Preflight.blockers(on: observation).isEmpty
      else { continue }
      do throws(NoRelease) {
        releases.append((host, try release(of: host.name, observation, input.number)))
      } catch {
        without.append(error.description)
      }
    }
    guard without.isEmpty else {
      throw NoRelease(
        description: "nothing was rolled back: \(without.joined(separator: "; "))"
          + (releases.isEmpty
            ? "" : ". To roll back the others, leave \(without.count == 1 ? "it" : "these") out"))
    }
    return releases
  }

  /// Makes a plan that switches hosts to releases that they still have, one host after the other.
  package static func rollback(_ input: RollbackInput) throws(NoRelease) -> Plan {
    let hazards = ReleaseHazards(
      input.state, revoked: input.revokedCertificates, at: input.now)
    var hosts: [HostPlan] = []
    for host in input.hosts.sorted(by: { $0.name < $1.name }) {
      hosts.append(
        HostPlan(
          host: host.name, connection: host.access, roles: host.allRoles,
          try outcome(for: host, input, hazards)))
    }
    let changing = hosts.flatMap(\.plannedSteps).map { [$0.host] }
    let rollout = input.playbook.rollout
    var plan = Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, hosts: hosts,
      stages: changing.isEmpty ? [] : [Stage(name: "rollback", batches: changing)],
      maxFailures: rollout.maxFailures, pause: rollout.pause.seconds,
      confirmWithin: rollout.confirmWithin.seconds, keepReleases: input.keepReleases,
      warnings: [])
    plan.follow(input.playbook)
    return plan
  }

  private static func outcome(
    for host: Host, _ input: RollbackInput, _ hazards: ReleaseHazards
  ) throws(NoRelease) -> HostPlan.Outcome {
    let name = host.name
    switch input.survey[name] {
    case nil: return .held(.init(.blocked, ["it was not contacted; this is a bug in deploy"]))
    case .unreachable(let why): return .held(.init(.unreachable, [why]))
    case .observed(let observation):
      let blockers = Preflight.blockers(on: observation)
      guard blockers.isEmpty else { return .held(.init(.blocked, blockers)) }
      let release = try release(of: name, observation, input.number)
      guard let restored = input.restored(release, on: name) else {
        return .held(
          .init(
            .blocked,
            [
              "release \(release) has no valid signed manifest there, and might bring back something that was"
                + " revoked. Apply the inventory of that time instead"
            ]))
      }
      let reasons = self.reasons(against: restored, hazards)
      guard reasons.isEmpty else { return .held(.init(.blocked, reasons)) }
      return .steps(
        StepSequence(
          HostStep(
            .restore(restored),
            reasons: ["rollback from \(Self.named(observation.currentRelease))"],
            expected: observation.fingerprint, present: observation.manifest?.release,
            changes: changes(from: observation.manifest?.release, to: restored.record)
          )
          .showing(observation)))
    }
  }

  /// The reasons against restoring a release that follow from its manifest, such as an old CA.
  private static func reasons(
    against restored: RestoredRelease, _ hazards: ReleaseHazards
  ) -> [String] {
    guard let record = restored.record else { return [] }
    return hazards.all(of: record)
      .map { "it cannot be rolled back to release \(restored.number): \($0)" }
  }

  /// The files that differ between two releases. Only their digests are known, so there is no diff.
  private static func changes(
    from present: ReleaseRecord?, to restored: ReleaseRecord?
  ) -> [FileChange] {
    guard let old = present?.files, let new = restored?.files else { return [] }
    return Set(old.keys).union(new.keys).sorted().compactMap { path in
      switch (old[path], new[path]) {
      case (nil, _): FileChange(path: path, kind: .create)
      case (_, nil): FileChange(path: path, kind: .remove)
      case (let old, let new): old == new ? nil : FileChange(path: path, kind: .change)
      }
    }
  }

  private static func named(_ release: ReleaseNumber?) -> String {
    release.map { "release \($0)" } ?? "no release"
  }

  private static func release(
    of host: HostName, _ observation: HostObservation, _ number: ReleaseNumber?
  ) throws(NoRelease) -> ReleaseNumber {
    let current = observation.currentRelease
    let others = observation.keptReleases.filter { $0 != current }.sorted()
    guard current != nil || !others.isEmpty else {
      throw NoRelease(description: "\(host) has no release yet")
    }
    // The release before the last run, not a transition release of that run.
    let previous =
      if let before = observation.manifest?.release.replaces {
        before.number
      } else {
        observation.releaseBefore
      }
    let before = previous.flatMap { others.contains($0) ? $0 : nil }
    let lower = current.flatMap { current in others.last { $0 < current } }
    guard let release = number ?? before ?? lower else {
      throw NoRelease(
        description: current.map { "\(host) has no release before release \($0)" }
          ?? "\(host) has no current release; it has \(listed(others))")
    }
    guard others.contains(release) else {
      throw NoRelease(
        description: release == current
          ? "\(host) is at release \(release) already"
          : "\(host) does not have release \(release); it has"
            + " \(listed(others + [current].compactMap(\.self)))")
    }
    return release
  }

  /// Releases of a host, of which there is at least one, such as "1, 2 and 4".
  private static func listed(_ releases: [ReleaseNumber]) -> String {
    let numbers = Set(releases).sorted().map(\.description)
    guard let last = numbers.last, numbers.count > 1 else {
      return "only release \(numbers.joined())"
    }
    return "\(numbers.dropLast().joined(separator: ", ")) and \(last)"
  }
}
