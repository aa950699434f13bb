import Application
import ArgumentParser
import Reports

/// Prints the answer of a monitoring plugin, and exits with its code.
enum PluginAnswer {
  /// A failure is an answer too: it could not be found out how the fleet is.
  static func given(by work: () async throws -> PluginResult) async throws {
    let result: PluginResult
    do {
      result = try await work()
    } catch {
      // What is wrong with an inventory is on standard error already.
      let message = Failure(error).message ?? "the inventory or the playbook has mistakes"
      result = PluginResult(unknown: message)
    }
    Console.output(result.line)
    throw ExitCode(result.severity.rawValue)
  }
}
