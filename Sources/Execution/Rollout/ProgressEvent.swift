package import Fleet

/// What happens while a plan is carried out, for whoever shows it.
package enum ProgressEvent: Hashable, Sendable {
  case connecting(host: HostName)
  case surveyed(host: HostName)
  case staged(host: HostName)
  case prepared(host: HostName)
  /// It is given the word: from here on only the host knows how it ends.
  case started(host: HostName)
  case switching(host: HostName)
  /// A line that a host's nginx said while it accepted the release, or what went wrong behind a host.
  case warned(host: HostName, String)
  /// A line that a command of the playbook wrote.
  case hookSaid(host: HostName, String)
  case settled(host: HostName, HostResult)
  case pausing(seconds: Int64)
  case verifying(hosts: [HostName])
  /// Edges that could not be tried, a line each.
  case untried(edges: [String])
}
