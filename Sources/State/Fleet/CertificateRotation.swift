package import Fleet

/// A rotation of certificates in progress: the certificates that it replaces.
///
/// Its progress is not stored: a host that has another certificate by now is complete.
package struct CertificateRotation: Hashable, Sendable, Codable {
  package var startedAt: Timestamp
  /// The serial of the certificate to replace, by host and by the certificate's path.
  package private(set) var replaces: [HostName: [String: String]] = [:]

  package init(startedAt: Timestamp) { self.startedAt = startedAt }

  /// Adds a certificate to replace, unless one is already recorded for that path.
  package mutating func include(
    _ certificate: CertificateRecord, at path: String, of host: HostName
  ) {
    if replaces[host]?[path] == nil { replaces[host, default: [:]][path] = certificate.serial }
  }

  /// Whether a host's certificate was issued by the rotation.
  package func hasBrought(
    _ certificate: CertificateRecord, at path: String, of host: HostName
  ) -> Bool {
    replaces[host]?[path].map { $0 != certificate.serial } ?? false
  }

  /// How many certificates it replaces, and how many of these hosts still have.
  ///
  /// - Parameter survey: takes precedence over the state, which is out of date if a run was killed.
  package func progress(in state: FleetState, _ survey: Survey = [:]) -> (all: Int, left: Int) {
    let left = replaces.map { host, serials in
      let release = state.release(on: host, survey)
      return serials.count { release?.certificates[$0.key]?.serial == $0.value }
    }
    return (replaces.values.map(\.count).reduce(0, +), left.reduce(0, +))
  }
}
