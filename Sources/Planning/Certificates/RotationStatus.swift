package import Fleet
package import Inventories
package import State

/// The progress of a CA rotation: what each host trusts and presents, derived from the survey of the
/// hosts alone.
package struct RotationStatus: Hashable, Sendable {
  /// The CA generations that one host trusts, and those whose certificates it presents.
  package struct Row: Hashable, Sendable {
    package var host: HostName
    /// Key identifiers of the CA generations that it trusts.
    package var trusts: Set<String> = []
    /// Key identifiers of the CA generations whose certificates it presents.
    package var shows: Set<String> = []
    /// Why the row may not be what the host does now; nil if it is certain.
    package var doubt: String?
  }

  /// Sorted by host.
  package var rows: [Row]

  /// - Parameters:
  ///   - hosts: the hosts of the inventory.
  ///   - survey: the survey of all hosts of the fleet.
  package init(of state: FleetState, hosts: [Host], survey: Survey) {
    let names = Set(hosts.map(\.name)).union(state.hosts.keys)
    rows = names.sorted().map { Self.row($0, state.hosts[$0]?.release, survey[$0]) }
  }

  private static func row(
    _ host: HostName, _ recorded: ReleaseRecord?, _ result: SurveyResult?
  ) -> Row {
    switch result {
    case nil: return row(host, recorded, doubt: "it was not contacted")
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
        : "its nginx still serves \(others.count == 1 ? "release" : "releases")"
          + " \(others.map(String.init).joined(separator: " and "))"
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

  /// Why a CA generation cannot be removed yet, one line for each host; none if no host needs it.
  package func blockers(toRemove ca: CAGeneration) -> [String] {
    rows.compactMap { row in
      let identifier = ca.keyIdentifier
      let (trusts, shows) = (row.trusts.contains(identifier), row.shows.contains(identifier))
      if let doubt = row.doubt {
        let known =
          switch (trusts, shows) {
          case (true, true): "trusts this CA and uses a certificate issued by it"
          case (true, false): "trusts this CA"
          case (false, true): "uses a certificate issued by this CA"
          case (false, false): ""
          }
        return "\(row.host): \(doubt)"
          + (known.isEmpty ? "" : "; according to the state, it still \(known)")
      }
      let uses = [
        shows ? "presents certificates issued by it" : nil, trusts ? "trusts it" : nil,
      ].compactMap(\.self)
      return uses.isEmpty ? nil : "\(row.host) \(uses.joined(separator: " and "))"
    }
  }
}
