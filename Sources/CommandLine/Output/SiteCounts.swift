import Fleet
import State
import Verification

/// The line of one site in the text of `deploy verify`, or that of the connections that firewalls must refuse.
struct SiteCounts {
  /// How the checks of a kind ended.
  private struct Counts {
    private var (passed, failed, untried) = (0, 0, 0)

    mutating func note(isTried: Bool, isSound: Bool) {
      if !isTried {
        untried += 1
      } else if isSound {
        passed += 1
      } else {
        failed += 1
      }
    }

    var isSound: Bool { failed == 0 && untried == 0 }

    /// Such as "780 ok, 3 failed, 1 not tried".
    func text(_ good: String, _ bad: String) -> String {
      let parts = [(passed, good), (failed, bad), (untried, "not tried")].filter { $0.0 > 0 }
      return parts.isEmpty ? "-" : parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
  }

  private let name: String
  private var edges = Counts()
  private var visitors = Counts()
  private var words = (good: "ok", bad: "failed")
  private var firstExpiry: Timestamp?

  private init(_ name: String) { self.name = name }

  var isSound: Bool { edges.isSound && visitors.isSound }

  var cells: [String] {
    [
      name, edges.text(words.good, words.bad), visitors.text("ok", "failed"),
      firstExpiry?.date ?? "-",
    ]
  }

  /// A line for each site in the order of the findings, and one for the forbidden connections, if there are any.
  static func all(of findings: FleetFindings) -> [SiteCounts] {
    var lines: [SiteCounts] = []
    var places: [DomainName: Int] = [:]
    func place(of site: DomainName) -> Int {
      if let place = places[site] { return place }
      places[site] = lines.count
      lines.append(SiteCounts(site.text))
      return lines.count - 1
    }
    for edge in findings.edges {
      let place = place(of: edge.site)
      lines[place].edges.note(isTried: edge.isTried, isSound: edge.problems.isEmpty)
      lines[place].note(edge.served)
    }
    for endpoint in findings.publicEndpoints {
      let place = place(of: endpoint.site)
      lines[place].visitors.note(isTried: endpoint.isTried, isSound: endpoint.problems.isEmpty)
      lines[place].note(endpoint.served)
    }
    guard !findings.forbiddenConnections.isEmpty else { return lines }
    var forbidden = SiteCounts("no site")
    forbidden.words = ("blocked", "not blocked")
    for connection in findings.forbiddenConnections {
      forbidden.edges.note(isTried: connection.isTried, isSound: connection.problem == nil)
    }
    return lines + [forbidden]
  }

  private mutating func note(_ served: ServedCertificate?) {
    guard let end = served?.notAfter else { return }
    firstExpiry = firstExpiry.map { min($0, end) } ?? end
  }
}
