import Fleet
import Planning

/// A command of the host program, with its arguments by name.
enum HostCommand: Equatable, Sendable {
  /// Reports the condition of the host, and which of these nginx vulnerabilities its package has fixed.
  case survey(vulnerabilities: [String])
  /// Sends the manifest of a release that is on the host.
  case manifest(release: ReleaseNumber)
  case transaction(TransactionOrder)
  /// Confirms a release, over a connection that was opened after the switch.
  ///
  /// - Parameters:
  ///   - release: nil if `deploy` is removed from the host.
  ///   - keep: how many releases are kept on the host.
  ///   - digest: the digest of the release's manifest, nil if it is not known: another run may have used
  ///     the same number for a different release.
  case confirm(release: ReleaseNumber?, keep: Int, digest: String?)
  /// Counts the TCP connections from peers to ports of the host.
  case connections(ports: Set<Port>, peers: Set<IPAddress>)

  /// The name of the command, also in the host's logs.
  var name: String {
    switch self {
    case .survey: "survey"
    case .manifest: "manifest"
    case .transaction: "transaction"
    case .confirm: "confirm"
    case .connections: "connections"
    }
  }

  var arguments: [(name: String, value: String)] {
    switch self {
    case .survey(let vulnerabilities):
      [("vulnerabilities", vulnerabilities.joined(separator: " "))]
    case .manifest(let release): [("release", release.description)]
    case .transaction(let order): order.arguments
    case .confirm(let release, let keep, let digest):
      [
        ("release", String(release.orZero)), ("keep", String(keep)), ("digest", digest ?? ""),
      ]
    case .connections(let ports, let peers):
      [
        ("ports", ports.sorted().map(ProcNet.digits).joined(separator: ",")),
        ("peers", peers.sorted().flatMap(ProcNet.digits).joined(separator: ",")),
      ]
    }
  }

  /// Whether it only reports what the host has.
  var isReading: Bool {
    switch self {
    case .survey, .manifest, .connections: true
    case .transaction, .confirm: false
    }
  }

  /// Whether it gets sshd's `SSH_CONNECTION` as the argument `connection`.
  var takesConnection: Bool { if case .survey = self { true } else { false } }
}

/// The arguments of a transaction on a host.
struct TransactionOrder: Equatable, Sendable {
  /// How the host gets the release.
  enum Mode: String, Sendable {
    case install, restore, remove

    init(_ kind: HostStep.Kind) {
      switch kind {
      case .install: self = .install
      case .restore: self = .restore
      case .remove: self = .remove
      }
    }
  }

  var mode: Mode
  /// The number of the release; nil removes `deploy` from the host.
  var release: ReleaseNumber?
  /// The fingerprint that the host must still have.
  var expected: Fingerprint
  /// The digest of the release's manifest, nil if it is not known.
  var digest: String?
  /// How many lines on standard input name files that stay as they are.
  var kept: Int
  /// The length of the tar stream behind them in bytes; 0 if there is none.
  var size: Int
  /// Seconds that staging and validating may take.
  var patience: Int64
  /// Seconds until the host rolls back.
  var window: Int64
  /// Ports on which nginx starts to listen.
  var ports: [Port]
  /// User and machine, reported to other runs that find the host locked.
  var who: String

  fileprivate var arguments: [(name: String, value: String)] {
    [
      ("mode", mode.rawValue), ("release", String(release.orZero)),
      ("expected", expected.rawValue), ("digest", digest ?? ""), ("kept", String(kept)),
      ("size", String(size)),
      ("patience", String(patience)), ("window", String(window)),
      ("ports", ports.map(\.description).joined(separator: ",")), ("who", who),
    ]
  }
}
