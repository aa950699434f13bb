import Fleet

/// A message of a host that is asked to confirm a release.
enum ConfirmationMessage: HostMessage {
  /// It waits for a transaction in progress.
  case waiting
  /// - Parameter release: nil if `deploy` is removed from the host.
  case confirmed(release: ReleaseNumber?)
  /// The result of the release that it was asked about.
  case result(release: ReleaseNumber?, ReportedResult)
  /// Neither the new release nor this one, nil for none, could be activated.
  case failed(release: ReleaseNumber?)

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

/// The recorded result of a transaction.
enum ReportedResult: Equatable, Sendable {
  case confirmed
  case reverted(Reversion)
  /// Another run has activated a different release with the same number.
  case replaced
  /// No result is recorded; this release is active, nil for none.
  case unknown(inForce: ReleaseNumber?)

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
