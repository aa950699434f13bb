import Fleet
internal import Inventories

/// A log in nginx's usual folder, which the host's own rotation of `*.log` includes.
struct LogFile: Hashable, Sendable, CustomStringConvertible {
  let description: String

  static func access(of site: Site, as role: Role) -> LogFile {
    LogFile(description: "/var/log/nginx/\(site.domain).\(role.rawValue).access.log")
  }

  static func error(of site: Site, as role: Role) -> LogFile {
    LogFile(description: "/var/log/nginx/\(site.domain).\(role.rawValue).error.log")
  }

  /// For requests that name no site.
  static let strayAccess = LogFile(description: "/var/log/nginx/deploy.access.log")
}

/// The format of the back-ends' access logs: nginx's `combined`, then the front-end and the visitor.
enum BackEndLogFormat {
  static let name: Argument = "deploy_back_end"

  static let definition = Directive(
    "log_format", name,
    "\(.remoteAddress) - \(.remoteUser) [\(.timeLocal)] ",
    "\"\(.request)\" \(.status) \(.bodyBytesSent)",
    " \"\(.refererHeader)\" \"\(.userAgentHeader)\"",
    " \"\(.clientCertificateSubject)\" \(.realAddressHeader)")
}
