package import Execution
package import Fleet
import Planning
package import SSH

/// Reaches hosts, and the addresses that are behind them as those hosts see them.
package protocol GatewayConnector: Connector {
  /// Opens connections that leave from a host, so that the other end sees that host's address.
  func gateway(through host: HostName, _ connection: HostAccess) async throws -> Gateway
}
