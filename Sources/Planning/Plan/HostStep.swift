package import Fleet
package import State

/// One transaction of a plan on one host, with what it depends on.
package struct HostStep: Hashable, Sendable {
  package var kind: Kind
  /// Why the step is needed; only displayed, never evaluated.
  package var reasons: [String]
  /// The fingerprint that the host must still have; nil if the previous step of this run decides it.
  package var expected: Fingerprint?
  /// The release that the host has now.
  package var present: ReleaseRecord?
  /// The SHA-256 of its manifest.
  package var presentDigest: String?
  /// The index of the stage in the plan.
  package var stage = 0
  package var changes: [FileChange]
  /// Steps of other hosts that must be done first, because this one would break an edge without them.
  package var needs: [Need] = []
  /// For each site that visitors already reach: the alternative back-ends, one of which must be ready.
  package var ways: [Way] = []

  /// What the transaction does.
  package enum Kind: Hashable, Sendable {
    case install(Installation)
    /// The host switches to a release that it still has.
    case restore(RestoredRelease)
    /// Everything that `deploy` installed is removed from the host.
    case remove
  }

  /// What a host has after a step.
  package enum Goal: Hashable, Sendable {
    case release(ReleaseNumber)
    case removed
  }

  /// The requirement that a host has reached a goal in this run.
  package struct Need: Hashable, Sendable {
    package var host: HostName
    /// Nil if this run does not change the host, so the step has to wait for a later run.
    package var goal: Goal?
    /// Other hosts that must have reached their goals too, because requests pass through them.
    package var through: [Need] = []

    package init(host: HostName, goal: Goal?) {
      self.host = host
      self.goal = goal
    }
  }

  /// The alternative back-ends of one site, one of which must be ready before a front-end takes the
  /// step, because otherwise no back-end would serve the site to it. ``SequencedSteps`` makes it.
  package struct Way: Hashable, Sendable {
    package var site: DomainName
    package var needs: [Need]

    package init(site: DomainName, needs: [Need]) {
      self.site = site
      self.needs = needs
    }
  }

  package init(
    _ kind: Kind, reasons: [String], expected: Fingerprint? = Fingerprint.none,
    present: ReleaseRecord? = nil, changes: [FileChange] = []
  ) {
    self.kind = kind
    self.reasons = reasons
    self.expected = expected
    self.present = present
    self.changes = changes
  }
}

extension HostStep.Goal {
  /// The goal in messages, such as "release 3".
  package var name: String {
    switch self {
    case .release(let number): "release \(number)"
    case .removed: "the removal of deploy"
    }
  }

  /// The release; nil if `deploy` was removed from the host.
  package var release: ReleaseNumber? {
    switch self {
    case .release(let number): number
    case .removed: nil
    }
  }
}

extension HostStep {
  package var goal: Goal {
    switch kind {
    case .install(let installation): .release(installation.release)
    case .restore(let restored): .release(restored.number)
    case .remove: .removed
    }
  }

  package var action: Action {
    switch kind {
    case .install(let installation): installation.isFirst ? .create : .change
    case .restore: .restore
    case .remove: .remove
    }
  }

  /// The release that is installed; nil if the step installs none.
  package var installation: Installation? {
    if case .install(let installation) = kind { installation } else { nil }
  }

  package var files: [PlannedFile] { installation?.files ?? [] }
  package var certificates: [PlannedCertificate] { installation?.certificates ?? [] }
  /// Ports on which nginx starts to listen, sorted; without those on which it already listens.
  package var ports: [Port] { installation?.ports ?? [] }
  /// The edge facts of the installed release; empty if the step installs none.
  package var facts: EdgeFacts { installation?.facts ?? EdgeFacts() }

  /// The step with the digest of the verified manifest that it replaces.
  func showing(_ observation: HostObservation?) -> HostStep {
    var step = self
    step.presentDigest = observation?.manifest == nil ? nil : observation?.shownManifest?.digest
    return step
  }
}
