import Nginx
import State

/// Why a host changes, in words.
extension HostPlanner {
  /// What somebody or something has changed on the host, and that its release is not signed yet.
  var repairs: [String] {
    guard let present else { return [] }
    var reasons = observation.driftedFiles.map { "\($0) was changed on the host" }
    if observation.manifest?.isOfVersion010 == true {
      reasons.append(
        "release \(present.number) is of version 0.1.0, which signed nothing: it is as the state records"
          + " it, and is taken over this once")
    }
    let hadSites = present.files[ReleasePath.main.relative] != nil
    if observation.interruptedTransaction != nil {
      reasons.append("a transaction there was cut off in the middle")
    }
    if !observation.nginxIsRunning {
      if hadSites { reasons.append("nginx does not run there") }
    } else if observation.servedReleases != (hadSites ? [present.number] : []) {
      let served = observation.servedReleases.map(String.init).joined(separator: " and ")
      reasons.append(
        "nginx serves \(served.isEmpty ? "no release" : "release \(served)"), not"
          + (hadSites ? " \(present.number)" : " none")
          + (observation.servedReleases.contains(present.number) && hadSites ? " alone" : ""))
    }
    if hadSites != observation.includesRelease {
      reasons.append("\(observation.includeFile) was changed on the host")
    }
    switch observation.firewall {
    case .asInstalled: break
    case .absent: reasons.append("the firewall is not loaded there")
    case .changed: reasons.append("the loaded firewall was changed on the host")
    }
    return reasons
  }

  func reasons(
    _ changes: [FileChange], _ issued: [PlannedCertificate], _ snapshot: Snapshot
  ) -> [String] {
    let explained = Set(issued.flatMap { [$0.path, $0.keyPath] }).union(snapshot.drifted)
    return issued.map { "\($0.path): \($0.reason)" }
      + changes.filter { !explained.contains($0.path) }.map(ReasonText.reason(for:))
  }
}
