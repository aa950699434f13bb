import Fleet
import State

extension ReasonText {
  /// The reasons why a host changes, as messages.
  static func reasons(
    for changes: [FileChange], issuing issued: [PlannedCertificate], _ snapshot: Snapshot
  ) -> [String] {
    let explained = Set(issued.flatMap { [$0.path, $0.keyPath] }).union(snapshot.drifted)
    return issued.map { "\($0.path): \($0.reason)" }
      + changes.filter { !explained.contains($0.path) }.map(reason(for:))
  }
}

extension HostHealth.Fault {
  /// Why the host is repaired.
  var reason: String {
    switch self {
    case .driftedFile(let path): "\(path) was changed on the host"
    case .unsignedRelease(let number):
      "release \(number) was made by version 0.1.0, which did not sign releases: it matches the"
        + " state and is accepted this once"
    case .interruptedTransaction: "a transaction on the host was interrupted"
    case .nginxStopped: "nginx is not running"
    case .otherReleases(let served, let wanted): Self.reason(served, wanted)
    case .changedInclude(let file): "\(file) was changed on the host"
    case .firewallAbsent: "the firewall is not loaded"
    case .firewallChanged: "the loaded firewall was changed on the host"
    }
  }

  private static func reason(_ served: [ReleaseNumber], _ wanted: ReleaseNumber?) -> String {
    let numbers = served.map(\.description).joined(separator: " and ")
    let serves =
      served.isEmpty ? "no release" : "\(served.count == 1 ? "release" : "releases") \(numbers)"
    guard let wanted else { return "nginx serves \(serves) and should serve none" }
    return "nginx serves \(serves), not \(served.contains(wanted) ? "only " : "")\(wanted)"
  }
}
