import Fleet
import Planning
import State

/// The most important thing that is wrong with a host that answered, and what to do about it.
/// ``HostStatus`` has it.
struct StatusProblem {
  /// What is wrong, without a full stop.
  let text: String
  /// What to do, without a full stop; nil if the text says it.
  let advice: String?

  static let reapply = "Run \"deploy apply\" to install the release again"

  /// Nil if nothing is wrong.
  ///
  /// - Parameters:
  ///   - record: what the state says of the host.
  ///   - newer: the host's release, if another copy of the state installed it.
  init?(
    _ observation: HostObservation, _ health: HostHealth, _ record: HostRecord?,
    _ newer: NewerRelease?, _ now: Timestamp
  ) {
    let present = observation.manifest?.release
    let ends = present?.certificates.values.map(\.notAfter).min()
    if let newer {
      text = "this copy of the state is outdated: \(newer)"
      advice = "Use the newer state file, or run \"deploy state rebuild\""
    } else if let problem = observation.manifestProblem {
      switch problem {
      case .drift(let why): (text, advice) = ("its manifest \(why)", Self.reapply)
      case .ofOthers(let why): (text, advice) = (why, nil)
      }
    } else if let present, let record, record.release.number != present.number {
      text =
        "the host has release \(present.number), but the state says release \(record.release.number)"
      advice = "Run \"deploy plan\" to see what an apply would change"
    } else if let present, record == nil {
      text = "the state does not know release \(present.number)"
      advice = "Run \"deploy state rebuild\" to record it"
    } else if present == nil, record != nil {
      (text, advice) = ("its release is missing", Self.reapply)
    } else if let ends, ends <= now {
      (text, advice) = ("a certificate has expired", "Run \"deploy apply\" to issue a new one")
    } else if let fault = health.faults.lazy.compactMap(Self.said).first {
      (text, advice) = fault
    } else {
      return nil
    }
  }

  /// Nil for a fault that `status` shows in a column of its own, and for one that an apply takes
  /// over.
  private static func said(_ fault: HostHealth.Fault) -> (text: String, advice: String?)? {
    switch fault {
    case .interruptedTransaction:
      ("a transaction was interrupted", "Run \"deploy apply\" to repair the host")
    case .nginxStopped:
      (
        "nginx is not running",
        "See why it stopped (journalctl -u nginx), then run \"deploy apply\" to start it"
      )
    case .otherReleases:
      ("nginx serves another configuration", "Run \"deploy apply\" to reload it")
    case .changedInclude(let file): ("\(file) was changed", reapply)
    case .driftedFile, .firewallAbsent, .firewallChanged, .unsignedRelease: nil
    }
  }
}
