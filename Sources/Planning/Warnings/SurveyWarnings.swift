import Fleet
import Nginx
import State

/// The warnings about single hosts that follow from the survey alone, found in one pass over it.
struct SurveyWarnings {
  /// About wrong clocks, and about releases that hosts have rolled back on their own.
  private(set) var hosts = WarningCollector()
  /// For each known vulnerability of nginx.
  private(set) var vulnerabilities = NginxVulnerability.all.map { _ in WarningCollector() }
  /// About hosts without systemd, which do nothing at boot. Transactions roll back without it too.
  private(set) var boot = WarningCollector()

  private static let toleratedSeconds: Int64 = 60

  init(_ observed: ObservedFleet) {
    for name in observed.survey.keys.sorted() {
      guard case .observed(let observation) = observed.survey[name] else { continue }
      addClock(of: name, observation, observed.at)
      if let (release, why) = observation.undoneChange {
        let change = release.map { "release \($0)" } ?? "the removal of deploy"
        hosts.add("", name.text, " rolled back \(change) automatically: \(why)")
      }
      addVulnerabilities(of: name, observation)
      guard !observation.hasSystemd else { continue }
      boot.add(
        "no systemd on ", name.text,
        ": after a reboot the firewall is not loaded, and an unconfirmed release stays until the"
          + " next apply")
    }
  }

  private mutating func addClock(
    of host: HostName, _ observation: HostObservation, _ time: Timestamp
  ) {
    let late = time.secondsSince1970 - observation.clock.secondsSince1970
    guard abs(late) > Self.toleratedSeconds else { return }
    hosts.add(
      "the clock of ", host.text,
      " is \(abs(late)) s \(late > 0 ? "slow" : "fast"): certificates may be treated as not yet"
        + " valid or as expired there")
  }

  private mutating func addVulnerabilities(of host: HostName, _ observation: HostObservation) {
    guard let version = observation.nginxVersion.flatMap({ Version($0) }) else { return }
    for (index, vulnerability) in NginxVulnerability.all.enumerated()
    where vulnerability.affects(version)
      && !observation.surroundings.patchedVulnerabilities.contains(vulnerability.name)
    {
      vulnerabilities[index].add(
        "nginx on ", "\(host) (\(version))",
        " is vulnerable to \(vulnerability.name), and no nginx package there mentions a fix: "
          + "\(vulnerability.effect)."
          + " It is fixed in nginx \(vulnerability.remedy) and later")
    }
  }
}
