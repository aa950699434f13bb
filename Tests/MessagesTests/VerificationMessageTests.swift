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
@testable import CommandLine
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

  /// Of a fleet where one edge, one connection and one host are not as they should be.
  private func view(showsAll: Bool, of edgeLimit: Int = 100) throws -> VerificationView {
    let hosts = (1...4).map { "  app-\($0): {address: 198.18.1.\($0)}\n" }.joined()
    let site = "{front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}"
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: X}}
          front_ends: {edge-1: {address: 198.18.0.1}, edge-2: {address: 198.18.0.2}}
          back_ends:
          \(hosts)
          sites:
            shop.example: \(site)
            blog.example: \(site)
          firewall: {policy: drop}
          """))
    let checks = FleetChecks(
      of: try #require(inventory, "\(found)"), .all, .sample(atMost: edgeLimit))
    var run = (
      edges: checks.edges.map { EdgeFinding($0) },
      endpoints: checks.publicEndpoints.map { PublicEndpointFinding($0) },
      connections: checks.forbiddenConnections.map { ForbiddenConnectionFinding($0) }
    )
    let out = "edge-2 (198.18.0.2 port 22): connecting: no answer within 10 s"
    for index in run.edges.indices {
      if run.edges[index].frontEnd == "edge-2" {
        run.edges[index].isTried = false
        run.edges[index].problems = [out]
        continue
      }
      let answers: ProbeReport.Answer = index == 1 ? .closed : .status(200)
      run.edges[index].note(report(answers), recorded: nil)
      for refusal in [\EdgeFinding.withoutCertificate, \.foreignCertificate, \.otherFrontEnd] {
        run.edges[index].noteRefusal(refusal, of: report(.closed), "")
      }
    }
    for index in run.endpoints.indices {
      if run.endpoints[index].frontEnd == "edge-2" {
        run.endpoints[index].isTried = false
        run.endpoints[index].problems = [out]
      } else {
        run.endpoints[index].note(report(.status(200)), .any, knowing: nil, at: SamplePlan.now)
      }
    }
    run.connections[0].problem =
      "app-2 is not one of its front-ends, but the firewall accepts the connection"
    return VerificationView(
      fleet: "shop",
      FleetFindings(
        edges: run.edges, forbiddenConnections: run.connections, publicEndpoints: run.endpoints,
        coverage: CheckCoverage(
          of: checks, tried: run.edges.count(where: \.isTried),
          run.endpoints.count(where: \.isTried), run.connections.count(where: \.isTried))),
      showsAll: showsAll)
  }

  @Test("the result counts by site and shows what is wrong; all of it if that is asked for")
  func result() throws {
    var topic = Rendering("verify-result")
    for width in [nil, 80] {
      let columns = width.map { "\($0) columns" } ?? "a file"
      topic.add(
        "usual, \(columns)",
        try view(showsAll: false).text(Style(isColored: false), width: width).rendered)
      topic.add(
        "a sample, \(columns)",
        try view(showsAll: false, of: 6).text(Style(isColored: false), width: width).rendered)
    }
    topic.add("all", try view(showsAll: true).text(Style(isColored: false), width: nil).rendered)
    topic.add(
      "with colours", try view(showsAll: false).text(Style(isColored: true), width: nil).rendered)
    try topic.check()
  }

  @Test("a visitor's request says whose answer it is")
  func endpoints() throws {
    var topic = Rendering("verify-endpoints")
    for asks in [false, true] {
      for status in [200, 400, 421, 500, 502, 503, 504] {
        for refused in [false, true] {
          var finding = PublicEndpointFinding(try endpoint(asks))
          finding.note(
            report(.status(status), saysRefused: refused), .any, knowing: nil, at: SamplePlan.now)
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
      finding.note(report(answer), .any, knowing: nil, at: SamplePlan.now)
      topic.add("\(answer)", finding.problems.joined(separator: "\n"))
    }
    try topic.check()
  }
}
