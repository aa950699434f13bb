package import Fleet
package import Inventories
package import State

/// Where a rotation of the CA stands: what each host trusts and shows, by what the hosts say and
/// by nothing that was kept of it.
package struct RotationStatus: Hashable, Sendable {
  /// What a host has of the generations.
  package struct Row: Hashable, Sendable {
    package var host: HostName
    /// Key identifiers of the generations that it accepts.
    package var trusts: Set<String> = []
    /// Key identifiers of the generations whose certificates it shows.
    package var shows: Set<String> = []
    /// Why this is not what the host is known to do now; where it is, nil.
    package var doubt: String?
  }

  /// Sorted by host.
  package var rows: [Row]

  /// - Parameters:
  ///   - hosts: of the inventory.
  ///   - survey: of all hosts of the fleet.
  package init(of state: FleetState, hosts: [Host], survey: Survey) {
    let names = Set(hosts.map(\.name)).union(state.hosts.keys)
    rows = names.sorted().map { Self.row($0, state.hosts[$0]?.release, survey[$0]) }
  }

  private static func row(
    _ host: HostName, _ recorded: ReleaseRecord?, _ result: SurveyResult?
  ) -> Row {
    switch result {
    case nil: return row(host, recorded, doubt: "it was not asked")
    case .unreachable(let why): return row(host, recorded, doubt: why)
    case .observed(let observation):
      guard let release = observation.manifest?.release else {
        let hasNone = observation.currentRelease == nil
        return row(host, nil, doubt: hasNone ? nil : "its manifest cannot be read")
      }
      let others = observation.servedReleases.filter { $0 != release.number }
      let doubt =
        others.isEmpty
        ? nil
        : "its nginx still serves release \(others.map(String.init).joined(separator: " and "))"
      return row(host, release, doubt: doubt)
    }
  }

  private static func row(_ host: HostName, _ release: ReleaseRecord?, doubt: String?) -> Row {
    var row = Row(host: host, doubt: doubt)
    guard let release else { return row }
    row.trusts = Set(release.facts.trusts)
    row.shows = Set(release.certificates.values.map(\.issuerKeyIdentifier))
    return row
  }

  /// What keeps a generation from being taken away, a line each; none where no host needs it any more.
  package func blockers(toRemove ca: CAGeneration) -> [String] {
    rows.compactMap { row in
      let identifier = ca.keyIdentifier
      let uses = [
        row.shows.contains(identifier) ? "shows certificates of it" : nil,
        row.trusts.contains(identifier) ? "trusts it" : nil,
      ].compactMap(\.self)
      if let doubt = row.doubt {
        let known =
          uses.isEmpty ? "" : ", and by what is recorded it \(uses.joined(separator: " and "))"
        return "\(row.host): \(doubt)\(known)"
      }
      return uses.isEmpty ? nil : "\(row.host) \(uses.joined(separator: " and "))"
    }
  }
}
