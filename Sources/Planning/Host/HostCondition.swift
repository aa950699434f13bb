package import Fleet
package import State

/// The part of a host's observation that a plan relies on: its release, its drift, its firewall and
/// what its nginx serves. It is saved with a plan, so that `apply` refuses hosts that have changed
/// since.
package struct HostCondition: Hashable, Sendable, Codable {
  package var fingerprint: Fingerprint
  /// Installed files that were missing or changed, sorted.
  package var driftedFiles: [String]
  package var firewall: String
  package var nginxIsRunning: Bool
  package var servedReleases: [ReleaseNumber]
  package var includesRelease: Bool

  package init(_ observation: HostObservation) {
    fingerprint = observation.fingerprint
    driftedFiles = observation.driftedFiles.sorted()
    firewall = observation.firewall.rawValue
    nginxIsRunning = observation.nginxIsRunning
    servedReleases = observation.servedReleases.sorted()
    includesRelease = observation.includesRelease
  }

  /// How the host differs from an earlier condition; nil if it does not.
  package func change(to now: HostCondition) -> String? {
    guard self != now else { return nil }
    guard fingerprint == now.fingerprint else {
      return "it had \(release) and now has \(now.release)"
    }
    let differing = Set(driftedFiles).symmetricDifference(now.driftedFiles).sorted()
    if !differing.isEmpty {
      return
        "\(differing.joined(separator: ", ")) \(differing.count == 1 ? "has" : "have") changed"
    }
    if firewall != now.firewall { return "its loaded firewall has changed" }
    if nginxIsRunning != now.nginxIsRunning {
      return now.nginxIsRunning ? "nginx is running now" : "nginx is no longer running"
    }
    return "what its nginx serves has changed"
  }

  private var release: String { fingerprint.release.map { "release \($0)" } ?? "no release" }
}
