import FoundationEssentials
import Subprocess

/// The variables that programs get which the client of an ACME server starts: a few of the user's, so that
/// they find their files, and no other, since others may hold secrets that are not for them.
enum ProgramEnvironment {
  static let usualNames: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CONFIG_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
  ]

  /// The usual variables as they are set now.
  static var usual: [Environment.Key: String] { variables() }

  /// - Parameters:
  ///   - names: variables that are passed on besides the usual ones.
  ///   - additional: variables with values of their own.
  static func variables(
    passing names: [String] = [], adding additional: [String: String] = [:]
  ) -> [Environment.Key: String] {
    let names = usualNames.union(names)
    let own = ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
    var variables: [Environment.Key: String] = [:]
    for (name, value) in own.merging(additional, uniquingKeysWith: { $1 }) {
      if let key = Environment.Key(rawValue: name) { variables[key] = value }
    }
    return variables
  }
}
