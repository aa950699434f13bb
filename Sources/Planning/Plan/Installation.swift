package import Fleet
package import State

/// A new release, as it is planned.
package struct Installation: Hashable, Sendable {
  /// The number that the release gets.
  package var release: Int
  /// Whether the host has none yet, or none that is known.
  package var isFirst: Bool
  /// The release that was in force before the run, where this is not the host's first step.
  package var replaces: Int?
  /// What the release does for the fleet's edges.
  package var facts: EdgeFacts
  /// The whole release, sorted by path.
  package var files: [PlannedFile]
  package var certificates: [PlannedCertificate]
  /// Ports that nginx comes to listen on, sorted: not those that it has already.
  package var ports: [Port]

  package init(
    release: Int, isFirst: Bool = false, replaces: Int? = nil, facts: EdgeFacts = EdgeFacts(),
    files: [PlannedFile] = [], certificates: [PlannedCertificate] = [], ports: [Port] = []
  ) {
    self.release = release
    self.isFirst = isFirst
    self.replaces = replaces
    self.facts = facts
    self.files = files
    self.certificates = certificates
    self.ports = ports
  }
}

/// A release that a host still has and that is put in force.
package enum RestoredRelease: Hashable, Sendable {
  /// - Parameter digest: the SHA-256 of its manifest; nil where the manifest is not proven.
  case known(ReleaseRecord, digest: String?)
  /// What is in it cannot be read.
  case unknown(number: Int)

  package var number: Int {
    switch self {
    case .known(let record, _): record.number
    case .unknown(let number): number
    }
  }

  package var record: ReleaseRecord? {
    if case .known(let record, _) = self { record } else { nil }
  }

  package var digest: String? {
    if case .known(_, let digest) = self { digest } else { nil }
  }
}
