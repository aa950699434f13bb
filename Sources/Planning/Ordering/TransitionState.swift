/// How much of a host is still what it was and how much is what it is to be.
///
/// The rule of every change: first accept old and new, then use the new, then forget the old. What a
/// host accepts stands before what another one uses, in this order.
struct TransitionState: Hashable, Sendable {
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

  /// The phases of a change in which nothing can break.
  enum Phase: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Every host accepts the old and the new CAs.
    case trust
    /// Back-ends serve what was asked and what will be.
    case serve
    /// Front-ends ask for the new.
    case use
    /// What nobody uses any more goes.
    case forget
    /// Hosts that have a revoked certificate, which all others refuse by now, and get no other.
    case revoked

    static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }

    /// What every host is behind this phase.
    var transition: TransitionState {
      switch self {
      case .trust: TransitionState(trust: .both, service: .old, use: .old)
      case .serve: TransitionState(trust: .both, service: .both, use: .old)
      case .use: TransitionState(trust: .both, service: .both, use: .new)
      case .forget, .revoked: .new
      }
    }

    /// For the heading of a stage.
    var name: String {
      switch self {
      case .trust: "accept the new CA beside the old"
      case .serve: "back-ends"
      case .use: "front-ends"
      case .forget: "clean-up"
      case .revoked: "hosts with revoked certificates"
      }
    }
  }
}
