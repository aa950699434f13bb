import Fleet
import Inventories
import Nginx
import State

extension Planner {
  /// Makes a plan under the assumption that hosts are as recorded in the state, without contacting them.
  ///
  /// The present texts of files are not known, so changed files have no diff. Such a plan is for reading
  /// only and cannot be carried out.
  package static func offline(_ input: PlanningInput) -> Plan {
    var input = input
    input.observed = ObservedFleet(OfflineSurvey(input).survey, at: input.now, isAssumed: true)
    var plan = plan(input)
    plan.warnings.insert(
      "no host was contacted: hosts are assumed to be as recorded in the state, and hosts without a"
        + " record to be empty", at: 0)
    return plan
  }
}

/// The survey that hosts would return if nothing had changed since the state was written.
private struct OfflineSurvey: Sendable {
  /// The state has neither the version of a host's nginx nor whether its kernel has IPv6. Both are guessed:
  /// those whose configuration is closest to the recorded files. These versions are the ones whose
  /// configurations differ.
  private static let versions = [Version(1, 22, 1), Version(1, 30, 6), Version(1, 18, 0)]

  private static let patched = Set(NginxVulnerability.names)

  private let input: PlanningInput

  init(_ input: PlanningInput) { self.input = input }

  var survey: Survey {
    let declared = input.desired.inventory.hosts.filter(input.request.selector.matches)
    let observations = input.cores.map(declared) { host -> (HostName, SurveyResult) in
      let record = input.state.hosts[host.name]
      let (version, hasIPv6) =
        record.map { likelyPlatform(of: host, $0.release) } ?? (Self.versions[0], true)
      var observation = observation(of: host.name, record?.release, version)
      observation.surroundings.hasIPv6 = hasIPv6
      return (host.name, .observed(observation))
    }
    var survey = Dictionary(uniqueKeysWithValues: observations)
    for (name, record) in input.state.hosts
    where survey[name] == nil && input.request.selector.matches(name) {
      survey[name] = .observed(observation(of: name, record.release, Self.versions[0]))
    }
    return survey
  }

  private func likelyPlatform(of host: Host, _ release: ReleaseRecord) -> (Version, Bool) {
    var (best, most) = ((Self.versions[0], true), -1)
    for hasIPv6 in [true, false] {
      for version in Self.versions {
        let files = configuration(
          for: host, in: input.desired.inventory, nginx: version, hasIPv6: hasIPv6)
        let equal = files.count { file in
          release.files[file.path.relative]?.digest == input.digest(file.text)
        }
        if equal > most { (best, most) = ((version, hasIPv6), equal) }
        if equal == files.count { return best }
      }
    }
    return best
  }

  private func observation(
    of name: HostName, _ release: ReleaseRecord?, _ version: Version
  ) -> HostObservation {
    var host = HostObservation(
      clock: input.now, hasSystemd: true, nginxVersion: version.description)
    host.surroundings.patchedVulnerabilities = Self.patched
    guard let release else { return host }
    let hasSites = release.files[ReleasePath.main.relative] != nil
    host.manifest = Manifest(
      fleet: input.state.fleet, lineage: input.state.lineage, host: name, serial: 0,
      madeAt: input.now, madeBy: "", release: release)
    host.currentRelease = release.number
    host.latestRelease = release.number
    host.fingerprint = .release(release.number, digest: nil)
    host.nginxIsRunning = hasSites
    host.servedReleases = hasSites ? [release.number] : []
    host.includesRelease = hasSites
    host.firewall = .asInstalled
    return host
  }
}
