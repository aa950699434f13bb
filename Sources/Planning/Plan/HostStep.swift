package import Fleet
package import State

/// What changes one host, as one transaction.
package struct HostStep: Hashable, Sendable {
  package var kind: Kind
  /// For readers only; nothing is decided by them.
  package var reasons: [String]
  /// The fingerprint that the host must still have; nil for what the step before it leaves there.
  package var expected: Fingerprint?
  /// The release that the host has now.
  package var present: ReleaseRecord?
  /// The SHA-256 of its manifest.
  package var presentDigest: String?
  /// The stage, by its position in the plan.
  package var stage = 0
  package var changes: [FileChange]
  /// Steps without which this one would break an edge.
  package var needs: [Need] = []
  /// For sites that visitors reach already: where requests can go, one of which must be there.
  package var ways: [Way] = []

  package enum Kind: Hashable, Sendable {
    case install(Installation)
    /// A release that the host still has is put in force.
    case restore(RestoredRelease)
    /// `deploy` leaves the host.
    case remove
  }

  /// What a host has when a step is done.
  package enum Goal: Hashable, Sendable {
    case release(Int)
    case removed
  }

  /// That a host has come to a goal in this run.
  package struct Need: Hashable, Sendable {
    package var host: HostName
    /// Nil where this run does not change the host.
    package var goal: Goal?
    /// Others that must have come to theirs too, because requests pass through them.
    package var through: [Need] = []

    package init(host: HostName, goal: Goal?) {
      self.host = host
      self.goal = goal
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
  /// The release as hosts, hooks and programs that read JSON are told of it: 0 where `deploy` has left.
  package var number: Int {
    switch self {
    case .release(let number): number
    case .removed: 0
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

  /// The release that is installed; nil where the step installs none.
  package var installation: Installation? {
    if case .install(let installation) = kind { installation } else { nil }
  }

  package var files: [PlannedFile] { installation?.files ?? [] }
  package var certificates: [PlannedCertificate] { installation?.certificates ?? [] }
  /// Ports that nginx comes to listen on, sorted: not those that it has already.
  package var ports: [Port] { installation?.ports ?? [] }
  /// What the release does for the fleet's edges, where it is a new one.
  package var facts: EdgeFacts { installation?.facts ?? EdgeFacts() }

  /// Notes the proven manifest that the step replaces.
  func showing(_ observation: HostObservation?) -> HostStep {
    var step = self
    step.presentDigest = observation?.manifest == nil ? nil : observation?.shownManifest?.digest
    return step
  }
}
