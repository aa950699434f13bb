package import Fleet
package import State

/// What a plan relies on of a host, so that one that has changed before it is carried out is found.
package struct HostCondition: Hashable, Sendable, Codable {
  package var fingerprint: Fingerprint
  /// Installed files that were missing or changed, sorted.
  package var driftedFiles: [String]
  package var firewall: String
  package var nginxIsRunning: Bool
  package var servedReleases: [Int]
  package var includesRelease: Bool

  package init(_ observation: HostObservation) {
    fingerprint = observation.fingerprint
    driftedFiles = observation.driftedFiles.sorted()
    firewall = observation.firewall.rawValue
    nginxIsRunning = observation.nginxIsRunning
    servedReleases = observation.servedReleases.sorted()
    includesRelease = observation.includesRelease
  }

  /// How the host differs from what it was; nil where it does not.
  package func change(to now: HostCondition) -> String? {
    guard self != now else { return nil }
    guard fingerprint == now.fingerprint else {
      return "it was at \(release) and is at \(now.release)"
    }
    let differing = Set(driftedFiles).symmetricDifference(now.driftedFiles).sorted()
    if !differing.isEmpty {
      return
        "\(differing.joined(separator: ", ")) \(differing.count == 1 ? "is" : "are") not as before"
    }
    if firewall != now.firewall { return "its loaded firewall is not as before" }
    if nginxIsRunning != now.nginxIsRunning {
      return now.nginxIsRunning ? "nginx runs there now" : "nginx runs there no more"
    }
    return "what its nginx serves is not as before"
  }

  private var release: String { fingerprint.release.map { "release \($0)" } ?? "no release" }
}
