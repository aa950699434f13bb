import Fleet
import Planning

/// What the controller has the host program do, with its arguments by name.
enum HostCommand: Equatable, Sendable {
  /// Says what the host is, and which of these vulnerabilities of nginx its package has patched.
  case survey(vulnerabilities: [String])
  /// Says the manifest of a release that is on the host.
  case manifest(release: Int)
  case transaction(TransactionOrder)
  /// Confirms a release, over a connection that was opened after the switch.
  ///
  /// - Parameters:
  ///   - keep: how many releases stay on the host.
  ///   - digest: of the manifest that is meant, empty where it is not known: another run may have given
  ///     the same number to a release of its own.
  case confirm(release: Int, keep: Int, digest: String)

  /// What the host's own logs call it.
  var name: String {
    switch self {
    case .survey: "survey"
    case .manifest: "manifest"
    case .transaction: "transaction"
    case .confirm: "confirm"
    }
  }

  var arguments: [(name: String, value: String)] {
    switch self {
    case .survey(let vulnerabilities):
      [("vulnerabilities", vulnerabilities.joined(separator: " "))]
    case .manifest(let release): [("release", String(release))]
    case .transaction(let order): order.arguments
    case .confirm(let release, let keep, let digest):
      [("release", String(release)), ("keep", String(keep)), ("digest", digest)]
    }
  }

  /// Whether it gets what sshd says of the controller's connection, as the argument `connection`.
  var takesConnection: Bool { if case .survey = self { true } else { false } }
}

/// What a transaction on a host is to do.
struct TransactionOrder: Equatable, Sendable {
  /// How the host comes to the release.
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
  /// 0 takes `deploy` off the host.
  var release: Int
  /// The fingerprint that the host must still have.
  var expected: Fingerprint
  /// Bytes of the tar stream on standard input; 0 where there is none.
  var size: Int
  /// Seconds that staging and validating may take.
  var patience: Int64
  /// Seconds until the host rolls back.
  var window: Int64
  /// Ports that nginx comes to listen on.
  var ports: [Port]
  /// User and machine, for those who find the host locked.
  var who: String

  fileprivate var arguments: [(name: String, value: String)] {
    [
      ("mode", mode.rawValue), ("release", String(release)), ("expected", expected.rawValue),
      ("size", String(size)), ("patience", String(patience)), ("window", String(window)),
      ("ports", ports.map(\.description).joined(separator: ",")), ("who", who),
    ]
  }
}
