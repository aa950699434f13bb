import Fleet

/// A message of a host during a transaction.
enum TransactionMessage: HostMessage {
  /// Another run has the host's lock.
  case waiting(for: String)
  /// An earlier transaction was interrupted: the host first rolls back to this release, nil for none.
  case recovering(release: ReleaseNumber?)
  case staged
  /// The number and digest of the release to restore, which only the host knows.
  case restores(Fingerprint)
  /// nginx accepts the configuration.
  case tested
  case prepared
  case switching
  case applied(release: ReleaseNumber?)
  case refused(HostRefusal)
  case reverted(Reversion)
  /// Neither the new release nor this one, nil for none, could be activated.
  case failed(release: ReleaseNumber?)

  enum Word: String, CaseIterable {
    case waiting, recovering, staged, restores, tested, prepared, switching, applied, refused,
      reverted, failed
  }

  init(_ word: Word, _ value: String) throws(ConversationFault) {
    let name = word.rawValue
    switch word {
    case .waiting: self = .waiting(for: HostValues.text(value))
    case .recovering: self = .recovering(release: try HostValues.releaseOrNone(value, of: name))
    case .staged: self = try HostValues.bare(value, of: name, .staged)
    case .tested: self = try HostValues.bare(value, of: name, .tested)
    case .prepared: self = try HostValues.bare(value, of: name, .prepared)
    case .switching: self = try HostValues.bare(value, of: name, .switching)
    case .restores: self = .restores(try HostValues.fingerprint(value, of: name))
    case .applied: self = .applied(release: try HostValues.releaseOrNone(value, of: name))
    case .refused: self = .refused(try HostRefusal(value))
    case .reverted: self = .reverted(Reversion(value))
    case .failed: self = .failed(release: try HostValues.releaseOrNone(value, of: name))
    }
  }

  var word: Word {
    switch self {
    case .waiting: .waiting
    case .recovering: .recovering
    case .staged: .staged
    case .restores: .restores
    case .tested: .tested
    case .prepared: .prepared
    case .switching: .switching
    case .applied: .applied
    case .refused: .refused
    case .reverted: .reverted
    case .failed: .failed
    }
  }

  var isHeartbeat: Bool {
    switch self {
    case .waiting, .recovering: true
    default: false
    }
  }
}

/// Why a host refuses a transaction before anything is switched.
enum HostRefusal: Equatable, Sendable {
  /// Another run holds the lock; nil if it is not known.
  case locked(by: String?)
  /// Its release is not the one that the plan was made for.
  case changed(Fingerprint)
  case noSpace
  case staging
  case damaged
  case port(Int, holder: String)
  /// Its nginx does not include this file.
  case notIncluded(file: String)
  case nginx
  case firewall
  case gone(release: ReleaseNumber)
  case abandoned
  /// An earlier transaction was interrupted, and the release before it could not be restored.
  case failed(release: ReleaseNumber?)

  enum Word: String, CaseIterable {
    case locked, changed, staging, damaged, port, nginx, firewall, gone, abandoned, failed
    case noSpace = "no-space"
    case notIncluded = "not-included"
  }

  /// - Parameter text: the word and its detail.
  init(_ text: String) throws(ConversationFault) {
    let (name, detail) = HostValues.divided(text)
    guard let word = Word(rawValue: name) else { throw .unknown("refused \(name)") }
    let place = "refused \(name)"
    switch word {
    case .locked: self = .locked(by: detail.isEmpty ? nil : HostValues.text(detail))
    case .changed: self = .changed(try HostValues.fingerprint(detail, of: place))
    case .noSpace: self = .noSpace
    case .staging: self = .staging
    case .damaged: self = .damaged
    case .port:
      let (port, holder) = HostValues.divided(detail)
      self = .port(
        try HostValues.integer(port, in: 1...65_535, of: place), holder: HostValues.text(holder))
    case .notIncluded: self = .notIncluded(file: try HostValues.absolutePath(detail, of: place))
    case .nginx: self = .nginx
    case .firewall: self = .firewall
    case .gone: self = .gone(release: try HostValues.release(detail, of: place))
    case .abandoned: self = .abandoned
    case .failed: self = .failed(release: try HostValues.releaseOrNone(detail, of: place))
    }
  }
}

/// Why a host rolled back to the previous release.
enum Reversion: Equatable, Sendable {
  /// nginx did not load the release.
  case reload
  case firewall
  /// The files of the release could not be installed.
  case files
  /// A reason in the host's own words, which may be those of an earlier version.
  case because(String)

  enum Word: String, CaseIterable { case reload, firewall, files }

  init(_ text: String) {
    switch Word(rawValue: text) {
    case .reload: self = .reload
    case .firewall: self = .firewall
    case .files: self = .files
    case nil: self = .because(HostValues.text(text))
    }
  }
}
