import Fleet
import Planning
import State

/// The four figures at the top of a report.
struct KeyFigures {
  private let report: FleetReport

  init(_ report: FleetReport) { self.report = report }

  var markup: Markup {
    .element(
      "dl", ["class": "figures"],
      [hosts, edges, expiry, run].map { title, value, note in
        .element(
          "div", [:],
          [
            .element("dt", [:], title),
            .element("dd", ["class": "value"], value),
            .element("dd", ["class": "note"], note),
          ])
      })
  }

  private typealias Figure = (title: String, value: String, note: String)

  private var hosts: Figure {
    let status = report.status
    let good = status.hosts.count { !$0.standing.isTrouble }
    let notes = status.counts.map { "\($0.count.grouped) \($0.standing.text)" }
    return (
      "Hosts without trouble", "\(good.grouped) of \(status.hosts.count.grouped)",
      notes.joined(separator: ", ")
    )
  }

  private var edges: Figure {
    guard let edges = report.edges else {
      return ("Edges that work", "–", "not tried for this report")
    }
    let own = edges.trials.filter { $0.from != nil }
    let works = own.count { $0.standing == .works }
    let tried = own.count { $0.standing != .notTried }
    let untried = own.count - tried
    let isSample = own.count < edges.edgeCount
    let notes =
      (isSample ? ["a sample of \(edges.edgeCount.grouped)"] : [])
      + (untried > 0 ? ["\(untried.grouped) not tried"] : [])
    return (
      "Edges that work", tried == 0 ? "–" : "\(works.grouped) of \(tried.grouped)",
      notes.isEmpty ? "all edges were tried" : notes.joined(separator: ", ")
    )
  }

  private var expiry: Figure {
    guard let first = report.expiries.earliest else {
      return ("First to expire", "–", "nothing expires")
    }
    let days =
      first.daysLeft < 0
      ? "expired" : first.daysLeft == 0 ? "today" : Int(first.daysLeft).of("day")
    return (
      "First to expire", days,
      "\(first.date), \(first.kind.singular) of \(first.host?.text ?? first.name)"
    )
  }

  private var run: Figure {
    guard let run = report.runs.first else { return ("Last run", "–", "none is recorded") }
    return (
      "Last run", run.outcome.rawValue,
      "\(run.record.start.startedAt.date), \(run.record.start.command.first ?? "") by \(run.record.start.who)"
    )
  }
}
