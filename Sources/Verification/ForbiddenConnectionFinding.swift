package import Fleet
import Planning
import State

/// The result of a connection attempt that the firewall must refuse.
package struct ForbiddenConnectionFinding: Encodable, Sendable {
  package internal(set) var host: HostName
  package internal(set) var backEnd: HostName
  package internal(set) var address: IPAddress
  package internal(set) var port: Port
  /// Whether the host tried to connect.
  package internal(set) var isTried = true
  /// Nil if the connection was refused.
  package internal(set) var problem: String?

  init(_ connection: FleetChecks.ForbiddenConnection) {
    host = connection.host
    backEnd = connection.backEnd
    address = connection.address
    port = connection.port
  }
}
