import FoundationEssentials

/// Variables of the environment that hold no secret.
package enum EnvironmentVariable {
  /// The value; nil if the variable is not set or empty, for `NAME=` is how a shell unsets it for one command.
  package static func value(
    _ name: String, in environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let value = environment[name] ?? ""
    return value.isEmpty ? nil : value
  }
}
