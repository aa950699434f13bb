package import Execution
package import Fleet
import Planning
package import SSH

/// Connects to hosts, and through them to the addresses that they can reach.
package protocol GatewayConnector: Connector {
  /// A gateway whose connections start on the host, so that the other end sees the host's address.
  func gateway(through host: HostName, _ connection: HostAccess) async throws -> Gateway
}
