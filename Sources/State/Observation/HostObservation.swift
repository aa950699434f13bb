package import Fleet

/// What a host says of itself, in one round trip.
package struct HostObservation: Hashable, Sendable {
  /// Whether the firewall in the kernel is the one that the current release left there.
  package enum LoadedFirewall: String, Hashable, Sendable {
    case absent, asInstalled = "as-installed", changed
  }

  package var clock: Timestamp
  package var isRoot: Bool
  package var hasSystemd: Bool
  /// Names of programs that a transaction needs and the host lacks.
  package var missingTools: [String]
  /// As `nginx -v` says it; nil where there is no nginx.
  package var nginxVersion: String?
  package var nginxIsRunning: Bool
  /// The releases whose marker nginx's master holds open: what is really served.
  package var servedReleases: [Int]
  /// Where the release's files are, as the link says; nil where nothing is installed.
  package var currentRelease: Int?
  /// The highest number of a release's folder, current or not.
  package var latestRelease: Int
  /// The releases that the host still has, current or not.
  package var keptReleases: [Int]
  /// The release that was in force before the current one.
  package var releaseBefore: Int?
  /// How the last transaction ended, in the host's own words.
  package var lastResult: String?
  /// What the release in force is, if that is proven.
  package var manifest: Manifest?
  /// What the host shows as its manifest, proven or not.
  package var shownManifest: ShownManifest?
  /// Those of releases that were not confirmed, proven or not.
  package var discardedManifests: [ShownManifest] = []
  /// Why the shown manifest is not believed.
  package var manifestProblem: ManifestProblem?
  /// Stands for all that a transaction relies on; a host with another one has changed since.
  package var fingerprint: Fingerprint
  /// Installed files that are missing or changed, by path below the release.
  package var driftedFiles: [String]
  /// The file by which nginx's own configuration includes the current release: where it is depends on
  /// the distribution.
  package var includeFile = "/etc/nginx/conf.d/deploy.conf"
  /// Whether it does.
  package var includesRelease: Bool
  /// The text of installed files that hold no secret, by path below the release.
  package var texts: [String: String]
  package var firewall: LoadedFirewall
  /// Where the controller's connection comes from, as the host sees it.
  package var controllerAddress: String?
  /// A transaction that ended without a result: the host was cut off in the middle.
  package var interruptedTransaction: String?
  package var surroundings = HostSurroundings()

  package init(
    clock: Timestamp, isRoot: Bool = true, hasSystemd: Bool = false, missingTools: [String] = [],
    nginxVersion: String? = nil, nginxIsRunning: Bool = false, servedReleases: [Int] = [],
    currentRelease: Int? = nil, latestRelease: Int = 0,
    keptReleases: [Int] = [], releaseBefore: Int? = nil, lastResult: String? = nil,
    manifest: Manifest? = nil,
    fingerprint: Fingerprint = .none, driftedFiles: [String] = [], includesRelease: Bool = false,
    texts: [String: String] = [:], firewall: LoadedFirewall = .absent,
    controllerAddress: String? = nil, interruptedTransaction: String? = nil
  ) {
    self.clock = clock
    self.isRoot = isRoot
    self.hasSystemd = hasSystemd
    self.missingTools = missingTools
    self.nginxVersion = nginxVersion
    self.nginxIsRunning = nginxIsRunning
    self.servedReleases = servedReleases
    self.currentRelease = currentRelease
    self.latestRelease = latestRelease
    self.keptReleases = keptReleases
    self.releaseBefore = releaseBefore
    self.lastResult = lastResult
    self.manifest = manifest
    self.fingerprint = fingerprint
    self.driftedFiles = driftedFiles
    self.includesRelease = includesRelease
    self.texts = texts
    self.firewall = firewall
    self.controllerAddress = controllerAddress
    self.interruptedTransaction = interruptedTransaction
  }
}

extension HostObservation {
  /// The release that the host took back last, with nobody there to hear it, and why.
  package var undoneRelease: (number: Int, why: String)? {
    let words = (lastResult ?? "").split(separator: " ", maxSplits: 2)
    // One word is a failure that its run has told already.
    guard words.count == 3, words[1] == "reverted", words[2].contains(" "),
      let number = Int(words[0])
    else { return nil }
    return (number, String(words[2]))
  }
}

/// What came of asking one host.
package enum SurveyResult: Hashable, Sendable {
  case observed(HostObservation)
  /// Why, in words for the user.
  case unreachable(String)
}

/// What the hosts say of themselves now, by name.
package typealias Survey = [HostName: SurveyResult]

extension FleetState {
  /// The release of a host by what it says itself; where it does not say, by what was recorded.
  package func release(on host: HostName, _ survey: Survey) -> ReleaseRecord? {
    if case .observed(let observation) = survey[host], let manifest = observation.manifest {
      return manifest.release
    }
    return hosts[host]?.release
  }
}
