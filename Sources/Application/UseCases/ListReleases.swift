package import Fleet
import Inventories
import Planning
import State

/// Lists the releases that hosts have, with who made them and when, from their manifests (`deploy history
/// --from-hosts`): what is left of a fleet's history if its log is lost. No host is changed.
package struct ListReleases {
  /// What a host's manifest says about a release.
  package struct Release: Sendable {
    package let host: HostName
    package let number: ReleaseNumber
    package let madeAt: Timestamp
    /// User and machine.
    package let madeBy: String
    /// The serial of the state that it was made from.
    package let serial: Int
    /// Whether the host has switched to it.
    package let isCurrent: Bool
    /// Whether a fleet key that this controller knows has signed it for this host.
    package let isProven: Bool
  }

  /// The releases, newest first, and the hosts whose manifests could not be read, with the reasons.
  package struct Report: Sendable {
    package let fleet: String
    package let releases: [Release]
    package let missing: [(host: HostName, why: String)]
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  package func report() async throws -> Report {
    let state = try run.states.read()
    var releases: [Release] = []
    var missing: [(host: HostName, why: String)] = []
    try await run.withHosts(state) { hosts in
      try run.surveyor.refuseUnknownHosts(state)
      let survey = try await run.surveyor.asked(hosts, state)
      for (name, connection) in run.surveyor.hosts(state) {
        switch survey[name] {
        case nil: missing.append((name, "it was not asked"))
        case .unreachable(let why): missing.append((name, why))
        case .observed(let observation):
          if let shown = observation.shownManifest {
            releases += Self.release(shown, on: name, isCurrent: true)
          } else if observation.currentRelease != nil {
            missing.append((name, "its release has no readable manifest"))
          }
          for number in observation.keptReleases where number != observation.currentRelease {
            let earlier = try await hosts.manifest(of: number, on: name, connection)
            if let earlier { releases += Self.release(earlier, on: name, isCurrent: false) }
          }
        }
      }
    }
    return Report(
      fleet: run.workspace.inventory.fleet.text,
      releases: releases.sorted {
        ($1.madeAt, $0.host, $1.number) < ($0.madeAt, $1.host, $0.number)
      },
      missing: missing.sorted { $0.host < $1.host })
  }

  /// Empty if the manifest cannot be read.
  private static func release(
    _ shown: ShownManifest, on host: HostName, isCurrent: Bool
  ) -> [Release] {
    guard let manifest = shown.manifest else { return [] }
    var isProven = false
    if case .valid = shown.signature { isProven = manifest.host == host }
    return [
      Release(
        host: host, number: manifest.release.number, madeAt: manifest.madeAt,
        madeBy: manifest.madeBy, serial: manifest.serial, isCurrent: isCurrent,
        isProven: isProven)
    ]
  }
}
