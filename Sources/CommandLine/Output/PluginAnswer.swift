import Application
import ArgumentParser
import Reports

/// Prints the answer of a monitoring plugin, and exits with its code.
enum PluginAnswer {
  /// Whether the command line asks for one, even if the rest is invalid: monitoring knows the exit codes of plugins only.
  static func isAsked(by words: some Sequence<String>) -> Bool {
    let words = Array(words)
    return words.first == "status"
      && (words.contains("--format=nagios")
        || zip(words, words.dropFirst()).contains { $0 == ("--format", "nagios") })
  }

  /// A failure is an answer too: the status could not be determined.
  static func given(by work: () async throws -> PluginResult) async throws {
    let result: PluginResult
    do {
      result = try await work()
    } catch {
      // What is wrong with an inventory is on standard error already.
      result = PluginResult(
        unknown: Failure(error).message ?? "the inventory or the playbook has mistakes")
    }
    throw show(result)
  }

  /// Prints the answer, and returns its exit code.
  static func show(_ result: PluginResult) -> ExitCode {
    Console.output(result.line)
    return ExitCode(result.severity.rawValue)
  }
}
