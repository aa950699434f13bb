import Application
import Diagnostics
import Fleet

/// The releases that hosts have, with who made them, as text or JSON.
struct ReleasesView {
  /// The JSON of the releases, which docs/json.md describes.
  private struct Document: Encodable {
    struct Release: Encodable {
      var host: HostName
      var release: Int
      var madeAt: Timestamp
      var madeBy: String
      var serial: Int
      var isCurrent: Bool
      var isProven: Bool
    }

    /// A host whose manifests could not be read.
    struct Missing: Encodable {
      var host: HostName
      var reason: String
    }

    let version = 1
    var fleet: String
    var releases: [Release]
    var missing: [Missing]
  }

  private let report: ListReleases.Report

  init(_ report: ListReleases.Report) { self.report = report }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: report.fleet,
          releases: report.releases.map {
            .init(
              host: $0.host, release: $0.number.value, madeAt: $0.madeAt, madeBy: $0.madeBy,
              serial: $0.serial, isCurrent: $0.isCurrent, isProven: $0.isProven)
          },
          missing: report.missing.map { .init(host: $0.host, reason: $0.why) }))
    }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    if report.releases.isEmpty {
      page.add("No host reports a release.")
    } else {
      let rows = report.releases.map { release in
        [
          release.madeAt.minute, release.host.text,
          "\(release.number)" + (release.isCurrent ? " (current)" : ""), release.madeBy,
          "\(release.serial)",
        ]
      }
      page.add(
        table: Table.lines([["MADE (UTC)", "HOST", "RELEASE", "WHO", "SERIAL"]] + rows),
        colors: report.releases.map { $0.isProven ? nil : .yellow },
        notes: report.releases.map { release in
          release.isProven
            ? [] : [("not proven: no known fleet key has signed this for \(release.host)", .yellow)]
        })
    }
    for (host, why) in report.missing { page.add("\(host): \(why)", .red) }
    return page.text
  }
}
