import Planning

/// The result of a connection attempt that the firewall must refuse.
package struct ForbiddenConnectionFinding: Encodable, Sendable {
  package internal(set) var host: String
  package internal(set) var backEnd: String
  package internal(set) var address: String
  package internal(set) var port: Int
  /// Nil if the connection was refused.
  package internal(set) var problem: String?

  init(_ stranger: FleetChecks.Stranger) {
    host = stranger.host
    backEnd = stranger.backEnd
    address = stranger.address
    port = stranger.port
  }
}
