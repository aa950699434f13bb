internal import SystemPackage

/// Why a box could not be opened or a command could not be run in it.
package struct SandboxError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure, for code that decides what to do.
  package enum Code: Hashable, Sendable {
    case notRoot
    case invalidFleet
    case systemUnavailable
    case hostFailed(String)
    case hostIsOff(String)
    case boxFailed
    case timedOut
    case noSuchHost(String)
    case closed
    case systemCall
    case commandFailed
  }

  package var code: Code
  package var description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  static var notRoot: Self {
    Self(
      .notRoot,
      "a sandbox needs root, because it makes network and mount namespaces. "
        + "Run the command with sudo.")
  }

  static func invalidFleet(_ reason: String) -> Self {
    Self(.invalidFleet, "could not create the sandbox: \(reason).")
  }

  static func systemUnavailable(_ blocker: String) -> Self {
    Self(.systemUnavailable, "the controller cannot run systemd hosts: \(blocker).")
  }

  static func hostIsOff(_ name: String) -> Self {
    Self(.hostIsOff(name), "the sandbox host \(name) has not booted yet.")
  }

  static func hostFailed(_ name: String, words: String) -> Self {
    Self(.hostFailed(name), "the sandbox host \(name) did not start:\n\(words)")
  }

  static func boxFailed(words: String) -> Self {
    Self(.boxFailed, "the sandbox did not open:\n\(words)")
  }

  static func timedOut(_ waiting: [String], words: String) -> Self {
    Self(
      .timedOut,
      "the sandbox did not open in time; still starting: "
        + "\(waiting.joined(separator: ", ")).\n\(words)")
  }

  static func noSuchHost(_ name: String) -> Self {
    Self(.noSuchHost(name), "the sandbox has no host \(name).")
  }

  static var closed: Self { Self(.closed, "the sandbox is closed.") }

  static func systemCall(_ call: String, _ error: Errno) -> Self {
    Self(.systemCall, "the sandbox failed: \(call): \(error).")
  }

  /// Adds to a system call's error what was being done.
  static func naming<Value>(
    _ call: String, _ body: () throws(Errno) -> Value
  ) throws(SandboxError) -> Value {
    do throws(Errno) {
      return try body()
    } catch {
      throw .systemCall(call, error)
    }
  }

  static func commandFailed(_ words: [String], on place: SandboxPlace, _ output: CommandOutput)
    -> Self
  {
    Self(
      .commandFailed,
      "in the sandbox, on \(place), \"\(words.joined(separator: " "))\" ended with status "
        + "\(output.status):\n\(output.stderr)")
  }
}
