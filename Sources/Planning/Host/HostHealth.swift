import Nginx
package import State

/// What on a host is not as its release has it: what a plan repairs, and what a status reports.
package struct HostHealth: Hashable, Sendable {
  package enum Fault: Hashable, Sendable {
    /// An installed file is missing or changed; its path below the release.
    case driftedFile(String)
    /// The release is of version 0.1.0, which signed nothing.
    case unsignedRelease(Int)
    /// The last transaction ended without a result.
    case interruptedTransaction
    case nginxStopped
    /// nginx serves other releases than the one that it is to serve, nil for none.
    case otherReleases(served: [Int], wanted: Int?)
    /// The file by which the host's nginx includes the release does not do so, or does and should not.
    case changedInclude(file: String)
    case firewallAbsent
    case firewallChanged
  }

  /// In the order in which they are told.
  package let faults: [Fault]

  /// - Parameter observation: of a host; without a proven release nothing is known of what should be there.
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
  /// Whether the release is on the host as it was installed, signed or not.
  package var isAsInstalled: Bool {
    faults.allSatisfy { if case .unsignedRelease = $0 { true } else { false } }
  }
}

extension ReleaseRecord {
  /// Whether the host's nginx has sites by it.
  var hasSites: Bool { files[ReleasePath.main.relative] != nil }
}
