import Fleet
import FleetLiterals
import Foundation
import Planning
import Sandbox
import State
import TestSupport
import Testing

/// A fault in a fleet of a front-end and a back-end: on the hosts, and in the model.
struct EdgeFault: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var host: String
  /// What causes it on the host, in the folder of the current release.
  var script: String
  var blocker: EdgeModel.Blocker?
  var change: @Sendable (inout Endpoint, inout Endpoint) -> Void

  private static let reload = "nginx -s reload"
  private static let foreign = """
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/f.key \
      -out /tmp/f.crt -subj '/CN=Foreign' -days 2 2>/dev/null
    """

  static let all: [EdgeFault] = [
    EdgeFault(
      testDescription: "nothing", host: "app-1", script: "true", blocker: nil,
      change: { _, _ in }),
    EdgeFault(
      testDescription: "the front-end is not let in", host: "app-1",
      script: "nft flush set inet deploy tcp_443_ipv4", blocker: .shutOut,
      change: { frontEnd, _ in frontEnd.source = "203.0.113.1" }),
    EdgeFault(
      testDescription: "the site is served on another port", host: "app-1",
      script: "sed -i 's/listen \\( *\\)443/listen \\18443/; s/:443 /:8443 /' nginx/back-end/*.conf"
        + " nginx/deploy.conf && \(reload)",
      blocker: .notServed,
      change: { $1.services["shop.example"]?.ports = [8443] }),
    EdgeFault(
      testDescription: "the site is not served", host: "app-1",
      script: "sed -i '/back-end\\/shop/d' nginx/deploy.conf && \(reload)", blocker: .notServed,
      change: { $1.services = [:] }),
    EdgeFault(
      testDescription: "the back-end serves the site to other front-ends alone", host: "app-1",
      script: "sed -i 's/CN=edge-1/CN=edge-2/' nginx/back-end/*.conf && \(reload)",
      blocker: .notAdmitted,
      change: { frontEnd, _ in frontEnd.client?.commonName = "edge-2" }),
    EdgeFault(
      testDescription: "the back-end does not know the front-end's CA", host: "app-1",
      script: "\(foreign) && cp /tmp/f.crt tls/ca.crt && \(reload)",
      blocker: .clientNotTrusted, change: { $1.trusts = ["foreign"] }),
    EdgeFault(
      testDescription: "the front-end does not know the back-end's CA", host: "edge-1",
      script: "\(foreign) && cp /tmp/f.crt tls/ca.crt && \(reload)",
      blocker: .serverNotTrusted, change: { frontEnd, _ in frontEnd.trusts = ["foreign"] }),
    EdgeFault(
      testDescription: "the back-end's certificate is foreign", host: "app-1",
      script: "\(foreign) && cp /tmp/f.crt tls/back-end.crt && cp /tmp/f.key tls/back-end.key"
        + " && \(reload)",
      blocker: .wrongName, change: { $1.server?.names = ["Foreign"] }),
    EdgeFault(
      testDescription: "the front-end asks an address that no host has", host: "edge-1",
      script: "sed -i 's/198.18.0.21:443/198.18.0.99:443/' nginx/front-end/*.conf && \(reload)",
      blocker: .notThere, change: { $1.addresses = [] }),
  ]
}

@Suite("The edge model", .serialized, .requires(isRoot, "namespaces need root"))
struct EdgeModelTests {
  @Test("predicts for every fault what real hosts do")
  func model() async throws {
    var inventory = InventoryText()
    inventory.backEnds = ["app-1": "198.18.0.21"]
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      for fault in EdgeFault.all {
        try await scene.on(fault.host, "cd /etc/deploy/current/ && \(fault.script)")
        try await scene.expect(fault)
        // What was broken is drift for the next run, which puts it right.
        try await scene.apply()
      }
    }
  }
}

extension Scene {
  /// Asks the model and the hosts, which have to agree.
  fileprivate func expect(_ fault: EdgeFault) async throws {
    let state = try JSONDecoder().decode(
      FleetState.self, from: Data(try read("shop.state.json").utf8))
    let edge = try #require(state.hosts["edge-1"]).release
    var (frontEnd, backEnd) = (
      Endpoint(edge), Endpoint(try #require(state.hosts["app-1"]).release)
    )
    fault.change(&frontEnd, &backEnd)
    let route = try #require(edge.facts.routes.first)
    let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
    let blocker = EdgeModel.blocker(on: route, from: frontEnd, to: backEnd, at: now)
    #expect(blocker == fault.blocker, "\(fault.testDescription)")
    // nginx does not announce when the new workers are there: it is asked until it does what the model says.
    var answers: [String] = []
    for _ in 0..<20 {
      let output = try await fetch(options: ["-o", "/dev/null", "-w", "%{http_code}"])
      answers.append(output.stdout)
      if (output.stdout == "200") == (blocker == nil) { break }
    }
    #expect(
      (answers.last == "200") == (blocker == nil),
      "\(fault.testDescription): the model says \(blocker?.rawValue ?? "it works"), the hosts \(answers)"
    )
  }
}
