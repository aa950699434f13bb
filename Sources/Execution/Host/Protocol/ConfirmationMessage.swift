/// What a host says that is asked to confirm a release.
enum ConfirmationMessage: HostMessage {
  /// It waits for what it is in the middle of.
  case waiting
  case confirmed(release: Int)
  /// How the release ended that it was asked about.
  case result(release: Int, ReportedResult)
  /// Neither the new release nor this one, 0 for none, could be put in force.
  case failed(release: Int)

  enum Word: String, CaseIterable { case waiting, confirmed, result, failed }

  init(_ word: Word, _ value: String) throws(ConversationFault) {
    let name = word.rawValue
    switch word {
    case .waiting: self = .waiting
    case .confirmed: self = .confirmed(release: try HostValues.releaseOrNone(value, of: name))
    case .result:
      let (release, result) = HostValues.divided(value)
      self = .result(
        release: try HostValues.releaseOrNone(release, of: name), try ReportedResult(result))
    case .failed: self = .failed(release: try HostValues.releaseOrNone(value, of: name))
    }
  }

  var isHeartbeat: Bool { self == .waiting }
}

/// How a transaction ended, as a host wrote it down.
enum ReportedResult: Equatable, Sendable {
  case confirmed
  case reverted(Reversion)
  /// Another run has put a release of its own in force, with the same number.
  case replaced
  /// Nothing was written down; this release is in force, 0 for none.
  case unknown(inForce: Int)

  enum Word: String, CaseIterable { case confirmed, reverted, replaced, unknown }

  init(_ text: String) throws(ConversationFault) {
    let (name, detail) = HostValues.divided(text)
    switch Word(rawValue: name) {
    case .confirmed: self = .confirmed
    case .reverted: self = .reverted(Reversion(detail))
    case .replaced: self = .replaced
    case .unknown:
      self = .unknown(inForce: try HostValues.releaseOrNone(detail, of: "result \(name)"))
    case nil: throw .unknown("result \(name)")
    }
  }
}
