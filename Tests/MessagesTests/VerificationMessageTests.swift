import Diagnostics
import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import Inventories
import Planning
import State
import Testing

@testable import Certificates
@testable import Verification

/// What `deploy verify` finds on an edge, and in a visitor's request.
@Suite("Messages of verification")
struct VerificationMessageTests {
  private func report(_ answer: ProbeReport.Answer, saysRefused: Bool = false) -> ProbeReport {
    ProbeReport(
      answer: answer, saysRefused: saysRefused, tlsVersion: "TLSv1.3", chain: nil, distrust: nil,
      acceptedIssuers: [], isResumed: false, session: nil)
  }

  private func endpoint(_ asks: Bool) throws -> FleetChecks.PublicEndpoint {
    let text = try String(
      contentsOf: Topic.folder.appending(path: "shop.yml"), encoding: .utf8)
    let (inventory, found) = Inventory.read(SourceText(file: "shop.yml", text: text))
    let checks = FleetChecks(of: try #require(inventory, "\(found)"), .all)
    var endpoint = try #require(checks.publicEndpoints.first)
    endpoint.asksForCertificate = asks
    return endpoint
  }

  @Test("an edge that is not as it should be says what was answered")
  func edges() throws {
    var topic = Rendering("verify-edges")
    let edge = FleetChecks.Edge(
      site: "shop.example", frontEnd: "edge-1", backEnd: "app-1", address: "198.18.0.21", port: 443)
    for answer in [ProbeReport.Answer.status(403), .status(503), .closed, .notHTTP] {
      var finding = EdgeFinding(edge)
      finding.note(report(answer, saysRefused: true), recorded: nil)
      topic.add(
        "the front-end's own certificate: \(answer)", finding.problems.joined(separator: "\n"))
    }
    var finding = EdgeFinding(edge)
    finding.noteRefusal(
      \.withoutCertificate, of: report(.status(200)), "without a certificate")
    topic.add("no certificate", finding.problems.joined(separator: "\n"))
    try topic.check()
  }

  @Test("a visitor's request says whose answer it is")
  func endpoints() throws {
    var topic = Rendering("verify-endpoints")
    for asks in [false, true] {
      for status in [200, 400, 421, 500, 502, 503, 504] {
        for refused in [false, true] {
          var finding = PublicEndpointFinding(try endpoint(asks))
          try finding.note(report(.status(status), saysRefused: refused), .any, at: SamplePlan.now)
          guard !finding.problems.isEmpty else { continue }
          topic.add(
            "\(status)\(refused ? " with the header of a refusal" : "")"
              + (asks ? ", of a site for its network alone" : ""),
            finding.problems.joined(separator: "\n"))
        }
      }
    }
    for answer in [ProbeReport.Answer.closed, .notHTTP] {
      var finding = PublicEndpointFinding(try endpoint(false))
      try finding.note(report(answer), .any, at: SamplePlan.now)
      topic.add("\(answer)", finding.problems.joined(separator: "\n"))
    }
    try topic.check()
  }
}
