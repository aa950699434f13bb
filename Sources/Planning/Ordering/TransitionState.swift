/// Which parts of a host are old, which are new, and which accept both, between two releases.
///
/// The rule of every change: first accept old and new, then use the new, then forget the old. A host
/// accepts something before another host uses it.
struct TransitionState: Hashable, Sendable {
  /// Whether a part is as before, accepts old and new, or is as wanted.
  enum Side: Int, Hashable, Sendable, Comparable {
    case old, both, new

    static func < (left: Side, right: Side) -> Bool { left.rawValue < right.rawValue }
  }

  /// The CAs that it accepts.
  var trust: Side
  /// What it serves to front-ends: listeners, firewall, the back-end's certificate.
  var service: Side
  /// What it asks of back-ends: routes, the front-end's certificate; never both.
  var use: Side

  static let old = TransitionState(trust: .old, service: .old, use: .old)
  static let new = TransitionState(trust: .new, service: .new, use: .new)

  /// The phases of a change, in order. If every host completes a phase before the next begins, no
  /// edge (a site's connection from a front-end to a back-end) breaks.
  enum Phase: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Every host accepts the old and the new CAs.
    case trust
    /// Back-ends serve old and new requests.
    case serve
    /// Front-ends send the new requests.
    case use
    /// What is no longer used is removed.
    case forget
    /// Hosts with a revoked certificate that get no new one; all other hosts refuse them by now.
    case revoked

    static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }

    /// The transition state of every host after this phase.
    var transition: TransitionState {
      switch self {
      case .trust: TransitionState(trust: .both, service: .old, use: .old)
      case .serve: TransitionState(trust: .both, service: .both, use: .old)
      case .use: TransitionState(trust: .both, service: .both, use: .new)
      case .forget, .revoked: .new
      }
    }

    /// The name in the heading of a stage.
    var name: String {
      switch self {
      case .trust: "accept both the old and the new CA"
      case .serve: "back-ends"
      case .use: "front-ends"
      case .forget: "clean-up"
      case .revoked: "hosts with revoked certificates"
      }
    }
  }
}
