import Fleet
import State

/// The part of a report about the last runs.
struct RunsSection {
  private let runs: [RecentRun]

  init(_ runs: [RecentRun]) { self.runs = runs }

  var content: [Markup] {
    guard !runs.isEmpty else {
      return [PageParts.paragraph("No run is recorded in the history.")]
    }
    return [
      PageTable(
        caption: "The last \(runs.count.of("run"))",
        columns: [
          .init("Began"), .init("Result"), .init("Command"), .init("Who"), .init("Hosts"),
        ],
        rows: runs.map(row)
      ).markup
    ]
  }

  private func row(_ run: RecentRun) -> [Markup] {
    let record = run.record
    let counts = (record.end?.counts(in: []) ?? []).map { "\($0.count) \($0.result)" }
    return [
      PageParts.time(record.start.startedAt), PageParts.state(run.outcome.sign, run.outcome.text),
      .element(
        "code", ["class": "command"], "deploy " + record.start.command.joined(separator: " ")),
      .text(record.start.who),
      .text(
        ((counts.isEmpty ? [] : [counts.joined(separator: ", ")])
          + [record.end?.failure].compactMap(\.self)).joined(separator: ": ")),
    ]
  }
}

extension RecentRun.Outcome {
  fileprivate var sign: HostStanding {
    switch self {
    case .succeeded: .asInstalled
    case .failed: .unreachable
    case .running: .recorded
    case .unfinished: .faulty
    }
  }

  fileprivate var text: String { self == .unfinished ? "no end" : rawValue }
}
