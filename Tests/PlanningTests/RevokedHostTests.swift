import Fleet
import FleetLiterals
import Inventories
import Nginx
import Planning
import State
import Testing

@Suite("A plan for a fleet with a host whose certificates are revoked")
struct RevokedHostTests {
  private static let text = """
    fleet: shop
    ca: {name: Shop CA, passphrase: {env: X}}
    front_ends: {edge-1: {address: 198.18.0.10}, edge-2: {address: 198.18.0.11}}
    back_ends: {app-1: {address: 198.18.0.21}, app-2: {address: 198.18.0.22}}
    sites:
      shop.example:
        front_ends: [edge-1, edge-2]
        back_ends: [app-1, app-2]
        certificate: {ca: true}
        back_end: {root: /srv/shop}
    """

  private static func inventory(without host: HostName? = nil) throws -> Inventory {
    var text = text
    if host == "app-2" {
      text.replace(", app-2: {address: 198.18.0.22}", with: "")
      text.replace("[app-1, app-2]", with: "[app-1]")
    }
    let (inventory, diagnostics) = Scenario.inventory(text)
    return try #require(inventory, "\(diagnostics)")
  }

  /// A fleet that was applied, with one host revoked since.
  private static func scenario(revoking host: HostName) throws -> Scenario {
    var scenario = Scenario()
    let inventory = try inventory()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
    scenario.revoke(host)
    return scenario
  }

  private func change(
    _ host: HostName, in scenario: inout Scenario, _ body: (inout HostObservation) -> Void
  ) throws {
    guard case .observed(var observation) = scenario.survey[host] else {
      Issue.record("\(host) was not asked")
      return
    }
    body(&observation)
    scenario.survey[host] = .observed(observation)
  }

  /// False reports of a host that hide its revoked certificate.
  enum Lie: CaseIterable {
    case none, nothingInstalled, noManifest, driftedCertificate, otherSerial, otherNumber
  }

  @Test(
    "gives the host a new certificate before the others refuse the old one without waiting for it",
    arguments: Lie.allCases)
  func lies(_ lie: Lie) throws {
    var scenario = try Self.scenario(revoking: "app-2")
    let path = ReleasePath.certificate(for: .backEnd).relative
    try change("app-2", in: &scenario) { host in
      switch lie {
      case .none: break
      case .nothingInstalled: host = Scenario.freshHost()
      case .noManifest: host.manifest = nil
      case .driftedCertificate: host.driftedFiles = [path]
      case .otherSerial: host.manifest?.release.certificates[path]?.serial = "app-9"
      case .otherNumber: host.manifest?.release.certificates = [:]
      }
    }
    let plan = scenario.plan(try Self.inventory())
    #expect(plan.revoked == ["app-2"])
    #expect(plan.misplacedRevokedHost == nil)
    if lie == .none {
      #expect(plan.stages.map(\.batches) == [[["app-1"], ["app-2"]], [["edge-1"], ["edge-2"]]])
    }
    #expect(Set(plan.steps.map(\.host)).count == 4)
  }

  @Test("no longer treats it as revoked if a later release of it has another certificate")
  func killedBeforeItWasWritten() throws {
    var scenario = try Self.scenario(revoking: "app-2")
    let inventory = try Self.inventory()
    let before = scenario.state.hosts
    scenario.apply(scenario.plan(inventory))
    scenario.state.hosts = before
    #expect(scenario.plan(inventory).revoked.isEmpty)
  }

  @Test(
    "changes the others with --limit, although the host has left and is not contacted",
    arguments: ["edge-1", "edge-*", "!app-2"])
  func limited(_ limit: String) throws {
    var scenario = try Self.scenario(revoking: "app-2")
    scenario.selector = try #require(Selector(limit))
    let plan = scenario.plan(try Self.inventory(without: "app-2"))
    #expect(
      plan.steps.allSatisfy { $0.needs.isEmpty } && !plan.hosts.contains { $0.host == "app-2" })
    #expect(plan.hasChanges)
    #expect(!plan.warnings.contains { $0.contains("waits for") }, "\(plan.warnings)")
  }

  @Test("does not keep a retiring CA generation for it, although it cannot be reached")
  func emergency() throws {
    var scenario = try Self.scenario(revoking: "app-2")
    scenario.survey["app-2"] = .unreachable("no answer")
    scenario.state.caGenerations[0].status = .retiring
    scenario.state.caGenerations.append(Scenario.ca(2))
    let inventory = try Self.inventory()
    scenario.apply(scenario.plan(inventory))
    for host in ["app-1", "edge-1", "edge-2"] as [HostName] {
      #expect(scenario.state.hosts[host]?.release.facts.trusts == ["a2"], "\(host)")
    }
    #expect(!scenario.plan(inventory).hasChanges)
  }

  @Test(
    "never signs a name for a back-end that only its own manifest has, in any step of a rotation")
  func names() throws {
    var scenario = try Self.scenario(revoking: "no-host")
    let path = ReleasePath.certificate(for: .backEnd).relative
    try change("app-2", in: &scenario) { host in
      host.manifest?.release.certificates[path]?.names = ["app-2", "bank.example", "shop.example"]
    }
    scenario.state.caGenerations[0].status = .retiring
    scenario.state.caGenerations.append(Scenario.ca(2))
    let plan = scenario.plan(try Self.inventory())
    let names = Set(plan.steps.flatMap(\.certificates).flatMap(\.names))
    #expect(names == ["app-1", "app-2", "edge-1", "edge-2", "shop.example"])
  }
}

extension Plan {
  /// Whether an attacker may answer with a revoked certificate on a part of an edge.
  func isTouched(_ edge: RenderedFleet.Edge) -> Bool { isTouched(edge, by: revoked) }

  /// Whether an edge is given up, because one of its hosts has a revoked certificate and gets no other.
  func isGivenUp(_ edge: RenderedFleet.Edge) -> Bool { isTouched(edge, by: shutOut) }

  private func isTouched(_ edge: RenderedFleet.Edge, by hosts: [HostName]) -> Bool {
    hosts.contains {
      [edge.frontEnd, edge.backEnd].contains($0.text) || edge.backEnd == "\($0).container"
    }
  }

  /// Hosts that have a revoked certificate and get no other.
  private var shutOut: [HostName] {
    revoked.filter { host in
      !steps.contains { step in
        step.host == host
          && step.files.contains { ["tls/front-end.crt", "tls/back-end.crt"].contains($0.path) }
      }
    }
  }

  /// No host waits for one with a revoked certificate; one that gets no other comes last.
  var misplacedRevokedHost: String? {
    let (revoked, shutOut) = (Set(revoked), Set(shutOut))
    let last = steps.filter { shutOut.contains($0.host) }
    for step in steps where !shutOut.contains(step.host) {
      let needs = step.needs + step.ways.flatMap(\.needs)
      if let need = needs.first(where: { revoked.contains($0.host) }) {
        return "\(step.host) waits for \(need.host), which is revoked"
      }
      if last.contains(where: { $0.stage <= step.stage }) {
        return "\(step.host) does not come before a revoked host"
      }
    }
    return nil
  }
}
