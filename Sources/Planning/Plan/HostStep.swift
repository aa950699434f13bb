package import Fleet
package import State

/// What is done on one host, as one transaction.
package struct HostStep: Hashable, Sendable {
  package var host: String
  package var connection: HostAccess
  package var roles: [String]
  package var action: Action
  /// For readers only; nothing is decided by them.
  package var reasons: [String]
  /// The number that the new release gets; 0 takes `deploy` off the host.
  package var release: Int
  /// Of a release that the host still has and that is put in force: what is in it.
  package var restored: RestoredRelease?
  /// The fingerprint that the host must still have; nil for what the step before it leaves there.
  package var expected: Fingerprint?
  /// The release that the host has now.
  package var present: ReleaseRecord?
  /// The SHA-256 of its manifest.
  package var presentDigest: String?
  /// The stage, by its position in the plan.
  package var stage = 0
  /// The release that was in force before the run, where this is not the host's first step.
  package var replaces: Int?
  /// What the release does for the fleet's edges.
  package var facts = EdgeFacts()
  /// The whole new release, sorted by path.
  package var files: [PlannedFile]
  package var certificates: [PlannedCertificate]
  package var changes: [FileChange]
  /// Ports that nginx comes to listen on, sorted: not those that it has already.
  package var ports: [Int]
  /// Steps without which this one would break an edge.
  package var needs: [Need] = []
  /// For sites that visitors reach already: where requests can go, one of which must be there.
  package var ways: [Way] = []

  /// That a host has come to a release in this run.
  package struct Need: Hashable, Sendable {
    package var host: String
    /// Nil where this run does not change the host.
    package var release: Int?
    /// Others that must have come to theirs too, because requests pass through them.
    package var through: [Need] = []

    package init(host: String, release: Int?) {
      self.host = host
      self.release = release
    }
  }

  /// A site and the back-ends that could serve it.
  package struct Way: Hashable, Sendable {
    package var site: DomainName
    package var needs: [Need]

    package init(site: DomainName, needs: [Need]) {
      self.site = site
      self.needs = needs
    }
  }

  package init(
    host: String, connection: HostAccess, roles: [String], action: Action, reasons: [String],
    release: Int = 0, expected: Fingerprint? = Fingerprint.none,
    present: ReleaseRecord? = nil, files: [PlannedFile] = [],
    certificates: [PlannedCertificate] = [], changes: [FileChange] = [], ports: [Int] = []
  ) {
    self.host = host
    self.connection = connection
    self.roles = roles
    self.action = action
    self.reasons = reasons
    self.release = release
    self.expected = expected
    self.present = present
    self.files = files
    self.certificates = certificates
    self.changes = changes
    self.ports = ports
  }
}

/// A release that a host still has, by its proven manifest.
package struct RestoredRelease: Hashable, Sendable, Codable {
  package var release: ReleaseRecord
  /// The SHA-256 of the manifest.
  package var digest: String

  package init(release: ReleaseRecord, digest: String) {
    self.release = release
    self.digest = digest
  }
}

extension HostStep {
  /// How the host comes to the release.
  package enum Mode: String, Hashable, Sendable {
    case install, restore, remove
  }

  package var mode: Mode {
    switch action {
    case .remove: .remove
    case .restore: .restore
    case .create, .change, .unchanged, .blocked, .unreachable: .install
    }
  }
}

extension HostStep {
  /// Notes the proven manifest that the step replaces.
  func showing(_ observation: HostObservation?) -> HostStep {
    var step = self
    step.presentDigest = observation?.manifest == nil ? nil : observation?.shownManifest?.digest
    return step
  }
}
