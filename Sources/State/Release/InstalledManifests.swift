package import Fleet

/// The manifests that `deploy` has sent to a host, by digest, as the state records them before they
/// are sent. ``FleetState/judge(_:addresses:)`` accepts these; another manifest may be of another
/// state, of a newer copy of this one, or drift.
package struct InstalledManifests: Hashable, Sendable, Codable {
  /// The highest serial of a state from which one of them was made.
  package var serial: Int
  /// The SHA-256 of the manifests that may be current, oldest first: the last confirmed one and those sent
  /// since.
  package var digests: [String]

  package init(serial: Int = 0, digests: [String] = []) {
    self.serial = serial
    self.digests = digests
  }
}

extension FleetState {
  /// Records a manifest before it is sent to a host.
  package mutating func expect(_ digest: String, fromSerial serial: Int, on host: HostName) {
    var known = manifests[host] ?? InstalledManifests()
    known.serial = max(known.serial, serial)
    known.digests.removeAll { $0 == digest }
    known.digests.append(digest)
    manifests[host] = known
  }

  /// Forgets the manifests before the current one; nil if `deploy` was removed from the host.
  package mutating func settle(_ digest: String?, on host: HostName) {
    guard var known = manifests[host] else { return }
    guard let digest else {
      known.digests = []
      manifests[host] = known
      return
    }
    guard let position = known.digests.lastIndex(of: digest) else { return }
    known.digests.removeFirst(position)
    manifests[host] = known
  }
}
