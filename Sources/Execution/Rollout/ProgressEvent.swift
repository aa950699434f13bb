package import Fleet

/// An event of a rollout, for the progress display.
package enum ProgressEvent: Hashable, Sendable {
  case connecting(host: HostName)
  case surveyed(host: HostName)
  case staged(host: HostName)
  case prepared(host: HostName)
  /// It gets the go signal: from here on only the host knows the result.
  case started(host: HostName)
  case switching(host: HostName)
  /// A warning about a host that is not an error: a line of nginx's output, or a failed hook.
  case warned(host: HostName, String)
  /// A line that a command of the playbook wrote.
  case hookSaid(host: HostName, String)
  case settled(host: HostName, HostResult)
  case pausing(seconds: Int64)
  case verifying(hosts: [HostName])
  /// Edges that could not be tested, one line each.
  case untried(edges: [String])
}
