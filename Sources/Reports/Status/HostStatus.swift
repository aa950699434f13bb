package import Fleet
package import Planning
package import State

/// How one host is, compared with the state. ``FleetStatus`` makes it, and `status`, metrics and reports show it.
package struct HostStatus: Hashable, Sendable {
  package let host: HostName
  package private(set) var isReachable: Bool
  /// Whether the host was asked at all.
  package private(set) var isContacted = true
  /// Why the host could not be reached, or the most important thing that is wrong with it.
  package private(set) var problem: String?
  /// What to do about the problem.
  package private(set) var advice: String?
  /// The release that the host has; if it was not asked, the one that the state has.
  package private(set) var release: ReleaseNumber?
  /// The release that the state has.
  package private(set) var recorded: ReleaseNumber?
  /// The releases that nginx serves.
  package private(set) var served: [ReleaseNumber] = []
  /// Installed files that are missing or changed.
  package private(set) var drift: [String] = []
  /// The loaded firewall; nil if the host did not answer.
  package private(set) var firewall: HostObservation.LoadedFirewall?
  /// What the host has done automatically since its last change.
  package private(set) var note: String?
  /// When the first of its certificates expires.
  package private(set) var certificateEnds: Timestamp?
  /// Nil if the host did not answer.
  package private(set) var health: HostHealth?

  /// A host that did not answer.
  ///
  /// - Parameter why: nil if it was not asked.
  private init(_ host: HostName, unreachable why: String?, _ record: HostRecord?) {
    self.host = host
    isReachable = false
    isContacted = why != nil
    recorded = record?.release.number
    problem = why ?? "not contacted"
    advice = why.map { _ in
      "Check the host, its network and sshd, then run \"deploy status\" again"
    }
  }

  /// - Parameters:
  ///   - result: what the host reported; nil if it was not asked.
  ///   - record: what the state says of the host.
  ///   - newer: the host's release, if another copy of the state installed it.
  init(
    _ host: HostName, _ result: SurveyResult?, _ record: HostRecord?, _ newer: NewerRelease?,
    _ now: Timestamp
  ) {
    switch result {
    case nil: self.init(host, unreachable: nil, record)
    case .unreachable(let why): self.init(host, unreachable: why, record)
    case .observed(let observation): self.init(host, observation, record, newer, now)
    }
  }

  /// A host that answered.
  private init(
    _ host: HostName, _ observation: HostObservation, _ record: HostRecord?,
    _ newer: NewerRelease?, _ now: Timestamp
  ) {
    let present = observation.manifest?.release
    let health = HostHealth(observation)
    let problem = StatusProblem(observation, health, record, newer, now)
    self.host = host
    isReachable = true
    self.problem = problem?.text
    advice = problem?.advice
    release = present?.number
    recorded = record?.release.number
    served = observation.servedReleases
    drift = observation.driftedFiles
    firewall = observation.firewall
    note = observation.undoneChange.map { release, why in
      release.map { "rolled back automatically from release \($0): \(why)" }
        ?? "rolled back the removal of deploy automatically: \(why)"
    }
    certificateEnds = present?.certificates.values.map(\.notAfter).min()
    self.health = health
  }

  /// A host as the state has it, without asking the host.
  init(_ host: HostName, recorded record: HostRecord?, _ now: Timestamp) {
    self.init(host, unreachable: nil, record)
    problem = nil
    release = record?.release.number
    certificateEnds = record?.release.certificates.values.map(\.notAfter).min()
    if let certificateEnds, certificateEnds <= now {
      problem = "a certificate has expired"
      advice = "Run \"deploy apply\" to issue a new one"
    }
  }

  /// Whether the host answered, nothing is wrong with it, and it is as its release was installed.
  package var isHealthy: Bool { problem == nil && health?.isAsInstalled ?? true }

  /// What to do, as a sentence; nil if nothing is to be done, or if it is not for `deploy` to say.
  var remedy: String? {
    (advice ?? (standing == .drifted ? StatusProblem.reapply : nil)).map { "\($0)." }
  }

  /// Whether nginx serves the release that the host has, and nothing else of `deploy`; nil if the host did not answer.
  package var servesRelease: Bool? {
    health.map { health in
      health.faults.allSatisfy { fault in
        switch fault {
        case .nginxStopped, .otherReleases: false
        default: true
        }
      }
    }
  }
}
