package import Fleet

/// What a host reports about itself in one round trip. Read from the host program's survey.
package struct HostObservation: Hashable, Sendable {
  /// Whether the firewall in the kernel is the one that the current release loaded.
  package enum LoadedFirewall: String, Hashable, Sendable {
    case absent, asInstalled = "as-installed", changed
  }

  package var clock: Timestamp
  package var isRoot: Bool
  package var hasSystemd: Bool
  /// Names of programs that a transaction needs and the host lacks.
  package var missingTools: [String]
  /// The version that `nginx -v` prints; nil if nginx is not installed.
  package var nginxVersion: String?
  package var nginxIsRunning: Bool
  /// The releases whose marker file nginx's master process holds open: those that are actually served.
  package var servedReleases: [ReleaseNumber]
  /// The release that the link `current` points to; nil if nothing is installed.
  package var currentRelease: ReleaseNumber?
  /// The highest number of any release's folder; nil if there is none.
  package var latestRelease: ReleaseNumber?
  /// The releases that the host still has, including the current one.
  package var keptReleases: [ReleaseNumber]
  /// The release before the current one; nil if there was none.
  package var releaseBefore: ReleaseNumber?
  /// The result of the last transaction, as the host wrote it.
  package var lastResult: String?
  /// The manifest of the current release, if its signature is accepted.
  package var manifest: Manifest?
  /// The manifest that the host has, accepted or not.
  package var shownManifest: ShownManifest?
  /// The manifests of releases that were not confirmed, accepted or not.
  package var discardedManifests: [ShownManifest] = []
  /// Why the manifest of the host is not accepted.
  package var manifestProblem: ManifestProblem?
  /// Identifies the release of the host; if it differs later, the host has changed since.
  package var fingerprint: Fingerprint
  /// Installed files that are missing or changed, by path below the release.
  package var driftedFiles: [String]
  /// The file with which nginx's own configuration includes the current release; its folder depends on the
  /// distribution.
  package var includeFile = "/etc/nginx/conf.d/deploy.conf"
  /// Whether nginx's own configuration includes the current release.
  package var includesRelease: Bool
  /// The text of installed files that hold no secret, by path below the release.
  package var texts: [String: String]
  package var firewall: LoadedFirewall
  /// The source address of the controller's connection, as the host sees it.
  package var controllerAddress: String?
  /// A transaction that ended without a result, such as after a power failure.
  package var interruptedTransaction: String?
  package var surroundings = HostSurroundings()

  package init(
    clock: Timestamp, isRoot: Bool = true, hasSystemd: Bool = false, missingTools: [String] = [],
    nginxVersion: String? = nil, nginxIsRunning: Bool = false,
    servedReleases: [ReleaseNumber] = [], currentRelease: ReleaseNumber? = nil,
    latestRelease: ReleaseNumber? = nil, keptReleases: [ReleaseNumber] = [],
    releaseBefore: ReleaseNumber? = nil, lastResult: String? = nil, manifest: Manifest? = nil,
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
  /// The change that the host last rolled back without a controller connected, and why.
  ///
  /// It is the installation of a release, or the removal of `deploy` if the release is nil.
  package var undoneChange: (release: ReleaseNumber?, why: String)? {
    let words = (lastResult ?? "").split(separator: " ", maxSplits: 2)
    // A reason of one word belongs to a failure that its run has already reported.
    guard words.count == 3, words[1] == "reverted", words[2].contains(" "),
      let change = ReleaseBefore(words[0])
    else { return nil }
    return (change.number, String(words[2]))
  }
}

/// What the survey of one host found, or why the host could not be reached.
package enum SurveyResult: Hashable, Sendable {
  case observed(HostObservation)
  /// The host could not be reached; the text says why.
  case unreachable(String)

  package var isObserved: Bool { if case .observed = self { true } else { false } }
}

/// The results of the survey, by host.
package typealias Survey = [HostName: SurveyResult]

extension FleetState {
  /// The release that a host reports; the recorded one if it does not report any.
  package func release(on host: HostName, _ survey: Survey) -> ReleaseRecord? {
    if case .observed(let observation) = survey[host], let manifest = observation.manifest {
      return manifest.release
    }
    return hosts[host]?.release
  }
}
