import FoundationEssentials

/// Reads environment variables that contain no secret.
package enum EnvironmentVariable {
  /// The value; nil if the variable is not set or is empty, because `NAME= command` is how a shell
  /// unsets it.
  package static func value(
    _ name: String, in environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let value = environment[name] ?? ""
    return value.isEmpty ? nil : value
  }
}
