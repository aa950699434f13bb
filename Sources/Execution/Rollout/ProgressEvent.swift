/// What happens while a plan is carried out, for whoever shows it.
package enum ProgressEvent: Hashable, Sendable {
  case connecting(host: String)
  case surveyed(host: String)
  case staged(host: String)
  case prepared(host: String)
  /// It is given the word: from here on only the host knows how it ends.
  case started(host: String)
  case switching(host: String)
  /// A line that a host's nginx said while it accepted the release, or what went wrong behind a host.
  case warned(host: String, String)
  /// A line that a command of the playbook wrote.
  case hookSaid(host: String, String)
  case settled(host: String, HostResult)
  case pausing(seconds: Int64)
  case verifying(hosts: [String])
  /// Edges that could not be tried, a line each.
  case untried(edges: [String])
}
