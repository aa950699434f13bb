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
  static var usual: [Environment.Key: String] {
    var usual: [Environment.Key: String] = [:]
    for (name, value) in variables() {
      if let key = Environment.Key(rawValue: name) { usual[key] = value }
    }
    return usual
  }

  /// - Parameters:
  ///   - names: variables that are passed on besides the usual ones.
  ///   - additional: variables with values of their own.
  static func variables(
    passing names: [String] = [], adding additional: [String: String] = [:]
  ) -> [String: String] {
    let names = usualNames.union(names)
    return ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
      .merging(additional, uniquingKeysWith: { $1 })
  }
}
