package import Fleet

/// A rotation of certificates that is under way: which ones it is to replace.
///
/// How far it has come is not in it: a host that has another certificate by now has been reached.
package struct CertificateRotation: Hashable, Sendable, Codable {
  package var startedAt: Timestamp
  /// By host and by the certificate's path: the serial of the one that it is not to have any more.
  package private(set) var replaces: [HostName: [String: String]] = [:]

  package init(startedAt: Timestamp) { self.startedAt = startedAt }

  /// Takes a certificate in; where the rotation has it already, what is noted stays.
  package mutating func include(
    _ certificate: CertificateRecord, at path: String, of host: HostName
  ) {
    if replaces[host]?[path] == nil { replaces[host, default: [:]][path] = certificate.serial }
  }

  /// Whether a host's certificate is one that the rotation has brought.
  package func hasBrought(
    _ certificate: CertificateRecord, at path: String, of host: HostName
  ) -> Bool {
    replaces[host]?[path].map { $0 != certificate.serial } ?? false
  }

  /// How many certificates it is about, and how many of them hosts have still.
  ///
  /// - Parameter survey: what hosts say counts for more than what was written down before a run was killed.
  package func progress(in state: FleetState, _ survey: Survey = [:]) -> (all: Int, left: Int) {
    let left = replaces.map { host, serials in
      let release = state.release(on: host, survey)
      return serials.count { release?.certificates[$0.key]?.serial == $0.value }
    }
    return (replaces.values.map(\.count).reduce(0, +), left.reduce(0, +))
  }
}
