package import Fleet
import Nginx
package import State

/// How a host differs from its release: `plan` repairs these faults, and `status` reports them.
package struct HostHealth: Hashable, Sendable {
  /// One difference between the host and its release.
  package enum Fault: Hashable, Sendable {
    /// An installed file is missing or changed; its path below the release.
    case driftedFile(String)
    /// The release was made by version 0.1.0, which did not sign manifests.
    case unsignedRelease(ReleaseNumber)
    /// The last transaction ended without a result.
    case interruptedTransaction
    case nginxStopped
    /// nginx serves other releases than the wanted one; `wanted` is nil if it should serve none.
    case otherReleases(served: [ReleaseNumber], wanted: ReleaseNumber?)
    /// The file with which the host's nginx includes the release is missing, or is there and should not be.
    case changedInclude(file: String)
    case firewallAbsent
    case firewallChanged
  }

  /// In the order in which they are reported.
  package let faults: [Fault]

  /// Compares an observation with the release of the host's signed manifest, if it has one.
  package init(_ observation: HostObservation) {
    var faults = observation.driftedFiles.map(Fault.driftedFile)
    let release = observation.manifest?.release
    if let release, observation.manifest?.isOfVersion010 == true {
      faults.append(.unsignedRelease(release.number))
    }
    if observation.interruptedTransaction != nil { faults.append(.interruptedTransaction) }
    if let release { faults += Self.faults(of: observation, serving: release) }
    self.faults = faults
  }

  private static func faults(
    of observation: HostObservation, serving release: ReleaseRecord
  ) -> [Fault] {
    var faults: [Fault] = []
    let wanted = release.hasSites ? release.number : nil
    if !observation.nginxIsRunning {
      if wanted != nil { faults.append(.nginxStopped) }
    } else if observation.servedReleases != [wanted].compactMap(\.self) {
      faults.append(.otherReleases(served: observation.servedReleases, wanted: wanted))
    }
    if observation.includesRelease != release.hasSites {
      faults.append(.changedInclude(file: observation.includeFile))
    }
    switch observation.firewall {
    case .asInstalled: break
    case .absent: faults.append(.firewallAbsent)
    case .changed: faults.append(.firewallChanged)
    }
    return faults
  }
}

extension HostHealth {
  /// Whether the host is as its release was installed, signed or not.
  package var isAsInstalled: Bool {
    faults.allSatisfy { if case .unsignedRelease = $0 { true } else { false } }
  }
}

extension ReleaseRecord {
  /// Whether the release configures sites in nginx.
  var hasSites: Bool { files[ReleasePath.main.relative] != nil }
}
