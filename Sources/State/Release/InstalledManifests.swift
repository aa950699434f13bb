package import Fleet

/// Which manifests this state has sent to a host, so that another one there is seen to be another's.
package struct InstalledManifests: Hashable, Sendable, Codable {
  /// The highest serial of the state that any of them was made from.
  package var serial: Int
  /// The SHA-256 of those that may be in force, oldest first: the last one that was confirmed and what was
  /// sent since.
  package var digests: [String]

  package init(serial: Int = 0, digests: [String] = []) {
    self.serial = serial
    self.digests = digests
  }
}

extension FleetState {
  /// Notes a manifest before it goes to a host.
  package mutating func expect(_ digest: String, fromSerial serial: Int, on host: HostName) {
    var known = manifests[host] ?? InstalledManifests()
    known.serial = max(known.serial, serial)
    known.digests.removeAll { $0 == digest }
    known.digests.append(digest)
    manifests[host] = known
  }

  /// Forgets the manifests before the one that is in force; nil where `deploy` has left the host.
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
