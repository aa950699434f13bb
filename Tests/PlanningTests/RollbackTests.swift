import Fleet
import FleetLiterals
import Inventories
import Planning
import Playbooks
import State
import Testing

@Suite("A rollback plan")
struct RollbackTests {
  private static func text(port: Int) -> String {
    """
    fleet: shop
    ca: {name: Shop CA, passphrase: {env: X}}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {ca: true}
        back_end: {port: \(port), root: /srv/shop}
    """
  }

  private var scenario = Scenario()
  private var fleet: Inventory
  /// The first release of app-1: a run changed it from 1 to 3, with 2, which serves both ports, in between.
  private let first: ReleaseRecord

  init() throws {
    fleet = try #require(Scenario.inventory(Self.text(port: 443)).0)
    scenario.askHosts(of: fleet)
    scenario.apply(scenario.plan(fleet))
    first = try #require(scenario.state.hosts["app-1"]?.release)
    fleet = try #require(Scenario.inventory(Self.text(port: 8443)).0)
    scenario.apply(scenario.plan(fleet))
    guard case .observed(var observation) = scenario.survey["app-1"] else {
      preconditionFailure("app-1 was not asked")
    }
    #expect(observation.currentRelease == 3)
    (observation.keptReleases, observation.releaseBefore) = ([1, 2, 3], 2)
    scenario.survey["app-1"] = .observed(observation)
  }

  private func input() -> RollbackInput {
    RollbackInput(
      hosts: fleet.hosts.filter { $0.name.text == "app-1" }, number: nil, keepReleases: 5,
      playbook: .rolling, state: scenario.state, survey: scenario.survey, now: scenario.now,
      manifests: [
        "app-1": ShownManifest(
          manifest: Manifest(
            fleet: "shop", lineage: "l-1", host: "app-1", serial: 0, madeAt: scenario.now,
            madeBy: "ann@laptop", release: first), digest: "first",
          signature: .valid(FleetKey(generation: 1, publicKey: "11")))
      ])
  }

  private func reasons() throws -> [String] { try host().hold?.reasons ?? [] }

  private func host(_ input: RollbackInput? = nil) throws -> HostPlan {
    try #require(try Planner.rollback(input ?? self.input()).hosts.first)
  }

  @Test("restores the release before the run, not a transition release of the run")
  func overSteps() throws {
    #expect(try Planner.releases(toGoBackTo: input()).map(\.release) == [1])
    let step = try #require(try host().steps.first)
    #expect(step.action == .restore && step.goal == .release(1))
  }

  @Test("shows what an apply shows: the files that differ, and what changes for connections")
  func shown() throws {
    let plan = try host()
    let step = try #require(plan.steps.first)
    #expect(step.changes.contains { $0.path.hasSuffix("shop.example.conf") && $0.kind == .change })
    #expect(step.changes.allSatisfy { $0.diff == nil })
    let effects = try #require(plan.effects.first)
    #expect(effects.services.new.map(\.port) == [443])
    #expect(effects.services.gone.map(\.port) == [8443])
    #expect(effects.reachability.contains { $0.contains("8443") }, "\(effects.reachability)")
  }

  @Test("shows no effects if it is not known what the present release lets in")
  func unknownPresent() throws {
    var plan = try host()
    guard case .steps(let steps) = plan.outcome, var step = steps.first else {
      preconditionFailure("nothing is restored")
    }
    step.present = nil
    plan.outcome = .steps(StepSequence(step))
    let effects = try #require(plan.effects.first)
    #expect(effects.reachability.isEmpty)
    #expect(
      effects.services.new.isEmpty && effects.routes.new.isEmpty && effects.trusts.new.isEmpty)
  }

  @Test("names in one line every host that has no release to roll back to")
  mutating func nothingEarlier() throws {
    guard case .observed(var observation) = scenario.survey["edge-1"] else {
      preconditionFailure("edge-1 was not asked")
    }
    let release = try #require(observation.currentRelease)
    (observation.keptReleases, observation.releaseBefore) = ([release], nil)
    observation.manifest?.release.replaces = nil
    scenario.survey["edge-1"] = .observed(observation)
    func message(_ hosts: [Host]) throws -> String? {
      var input = input()
      input.hosts = hosts
      return #expect(throws: Planner.NoRelease.self) {
        _ = try Planner.releases(toGoBackTo: input)
      }?.description
    }
    let without =
      "nothing was rolled back: edge-1 has no release before release \(release)"
    let edge = fleet.hosts.filter { $0.name.text == "edge-1" }
    #expect(try message(edge) == without)
    #expect(try message(fleet.hosts) == without + ". To roll back the others, leave it out")
  }

  @Test("refuses a release that cannot be read")
  func unreadable() throws {
    var input = input()
    input.manifests = [:]
    let hold = try #require(try host(input).hold)
    #expect(hold.kind == .blocked && hold.reasons[0].contains("has no valid signed manifest"))
    let others: [(inout ShownManifest) -> Void] = [
      { $0.signature = .missing }, { $0.signature = .invalid },
      { $0.signature = .unknown(publicKey: "22") }, { $0.manifest?.host = "app-2" },
      { $0.manifest?.lineage = "l-2" }, { $0.manifest?.release.number = 2 },
    ]
    for change in others {
      var input = self.input()
      change(&input.manifests["app-1"]!)
      #expect(try host(input).actions == [.blocked])
    }
  }

  @Test("refuses a release whose certificate is revoked or has expired")
  mutating func certificates() throws {
    scenario.state.revokeCertificates(of: "app-1", at: scenario.now, reason: .keyCompromise)
    #expect(try host().actions == [.blocked])
    #expect(try reasons().contains { $0.contains("its tls/back-end.crt was revoked on") })
    scenario.state.revocations = []
    #expect(try host().actions == [.restore])
    scenario.now = scenario.now.adding(seconds: 365 * 86_400)
    #expect(try reasons().contains { $0.contains("its tls/back-end.crt expired on") })
  }

  @Test(
    "refuses a release that accepts what was revoked since, but not one that accepts expired certificates"
  )
  mutating func revocations() throws {
    scenario.state.revokeCertificates(of: "edge-1", at: scenario.now, reason: .keyCompromise)
    #expect(try host().actions == [.blocked])
    #expect(
      try reasons().contains {
        $0.contains("it accepts the revoked certificate") && $0.contains("of edge-1")
      })
    for index in scenario.state.revocations.indices {
      scenario.state.revocations[index].notAfter = scenario.now
    }
    #expect(try host().actions == [.restore])
  }

  @Test("refuses a release of a CA that was rotated out")
  mutating func ca() throws {
    scenario.state.caGenerations[0].status = .retiring
    scenario.state.caGenerations.append(Scenario.ca(2))
    let before = try reasons()
    #expect(
      before.contains { $0.contains("was issued by \"Shop CA\", which is no longer trusted") })
    #expect(before.contains { $0.contains("it does not trust \"Shop CA 2\"") })
    #expect(before.contains { $0.contains("it trusts a CA that was rotated out") })
    scenario.state.caGenerations.removeFirst()
    #expect(try reasons() == before)
  }
}
