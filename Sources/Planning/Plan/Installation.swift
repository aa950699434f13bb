package import Fleet
package import State

/// A planned new release of a host: its number, files and certificates.
package struct Installation: Hashable, Sendable {
  /// The number that the release gets.
  package var release: ReleaseNumber
  /// Whether the host has no release yet, or none that is known.
  package var isFirst: Bool
  /// What was current before the run; nil if this is the host's first step.
  package var replaces: ReleaseBefore?
  /// What the release means for the fleet's edges.
  package var facts: EdgeFacts
  /// The whole release, sorted by path.
  package var files: [PlannedFile]
  package var certificates: [PlannedCertificate]
  /// Ports on which nginx starts to listen, sorted; without those on which it already listens.
  package var ports: [Port]

  package init(
    release: ReleaseNumber, isFirst: Bool = false, replaces: ReleaseBefore? = nil,
    facts: EdgeFacts = EdgeFacts(), files: [PlannedFile] = [],
    certificates: [PlannedCertificate] = [], ports: [Port] = []
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

/// An earlier release that a host still has and switches back to: in `deploy rollback`, or when a
/// run rolls back a confirmed step.
package enum RestoredRelease: Hashable, Sendable {
  /// A release whose manifest was read.
  ///
  /// - Parameter digest: the SHA-256 of its manifest; nil if the manifest is not verified.
  case known(ReleaseRecord, digest: String?)
  /// A release whose content cannot be read.
  case unknown(number: ReleaseNumber)

  package var number: ReleaseNumber {
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
