import Fleet
import FoundationEssentials
import Inventories
package import State

/// Reads the history of a fleet's runs (`deploy history`). It contacts no host and takes no lock.
package struct ShowHistory {
  /// Runs, newest first.
  package struct Runs: Sendable {
    package let fleet: String
    /// What the history is called, such as its path.
    package let name: String
    package let list: [(record: RunRecord, standing: RunStanding)]
  }

  private let workspace: Workspace
  private let interaction: any Interaction

  package init(_ workspace: Workspace, _ interaction: any Interaction) {
    self.workspace = workspace
    self.interaction = interaction
  }

  /// The newest runs.
  package func runs(atMost limit: Int) async throws -> Runs {
    runs(try await workspace.history.runs(newest: limit))
  }

  /// The run that the user means; fails unless there is exactly one.
  ///
  /// - Parameter text: the beginning of its name, or the last part.
  package func run(_ text: String) async throws -> Runs {
    let found = runs(try await workspace.history.runs(matching: text))
    guard !found.list.isEmpty else {
      throw Failure(
        .usage,
        "no run in \(found.name) has a name that begins with \"\(text)\" or ends with it: \"deploy history\""
          + " lists the names")
    }
    guard found.list.count == 1 else {
      throw Failure(
        .usage,
        "\(found.list.count) runs have a name that begins with \"\(text)\": enter more of one of them\n"
          + found.list.prefix(10).map { run in
            "    \(run.record.id): deploy \(run.record.start.command.joined(separator: " "))"
          }.joined(separator: "\n"))
    }
    return found
  }

  private func runs(_ list: RunList) -> Runs {
    for why in list.skipped { interaction.warn(why) }
    return Runs(
      fleet: workspace.inventory.fleet.text, name: workspace.history.name,
      list: list.runs.map { ($0, Self.standing(of: $0)) })
  }

  private static func standing(of run: RunRecord) -> RunStanding {
    guard run.end == nil else { return .ended }
    let process = run.start.process
    guard run.start.machine == ProcessInfo.processInfo.hostName,
      let hasEnded = ProcessStart.hasEnded(process.id, startedAt: process.start)
    else { return .notEnded }
    return hasEnded ? .killed : .running
  }
}
