import Certificates
import Fleet
import FleetFolders
import FleetLiterals
import Planning
import Playbooks
import State
import Testing

@Suite("A plan made now, compared with a saved one")
struct PlanComparisonTests {
  private let saved = SamplePlan.approved()

  /// What is refused of a plan that differs from the sample, by host.
  private func refusals(
    hosts: [HostName: HostObservation] = ["app-1": SamplePlan.host, "app-3": SamplePlan.host],
    _ change: (inout [HostPlan]) throws -> Void = { _ in }
  ) throws -> [HostName: [String]] {
    var plan = SamplePlan.plan
    try change(&plan.hosts)
    let rest = plan.restricted(to: saved, as: SamplePlan.approved(plan, hosts: hosts))
    var refused: [HostName: [String]] = [:]
    for host in rest.hosts where !plan.hosts.contains(host) {
      refused[host.host] = host.hold?.reasons
    }
    for host in refused.keys { #expect(!rest.stages.flatMap(\.batches).joined().contains(host)) }
    return refused
  }

  @Test("is carried out completely if nothing differs")
  func same() {
    #expect(saved.difference(of: SamplePlan.approved()) == nil)
    #expect(
      SamplePlan.plan.restricted(to: saved, as: SamplePlan.approved()) == SamplePlan.plan)
  }

  @Test("is refused for a host that differs, with the difference, and carried out for the others")
  func differing() throws {
    let installations: [(HostName, String, (inout Installation) -> Void)] = [
      ("app-3", "nginx/back-end/shop.example.conf", { $0.files[0].source = .text("evil") }),
      ("app-3", "nginx/back-end/shop.example.conf", { $0.files[0].isSecret = true }),
      ("app-3", "nginx/back-end/shop.example.conf", { $0.files = [] }),
      (
        "app-3", "nginx/more.conf",
        { $0.files.append(.init(path: "nginx/more.conf", source: .text(""))) }
      ),
      ("app-3", "release", { $0.release = 9 }),
      ("app-3", "action", { $0.isFirst = true }),
      ("app-3", "opens", { $0.facts.openings[1].from = .everybody }),
      ("app-3", "serves", { $0.facts.services[0].port = 444 }),
      ("app-3", "trusts", { $0.facts.trusts.append("a3") }),
      ("app-3", "refuses", { $0.facts.refuses = [] }),
      ("app-3", "new ports", { $0.ports = [444] }),
      (
        "app-2", "certificate tls/back-end.crt", { $0.certificates[0].names.append("evil.example") }
      ),
      ("app-2", "certificate tls/back-end.crt", { $0.certificates[0].key = "rsa-3072" }),
      ("app-2", "certificate tls/back-end.crt", { $0.certificates[0].validFor += 1 }),
      ("app-2", "certificate tls/back-end.crt", { $0.certificates = [] }),
      (
        "app-2", "tls/sites/shop.example.key",
        { $0.files[3].source = .local("certs/shop.key", FileRecord(digest: "e", isSecret: true)) }
      ),
      ("edge-1", "routes", { $0.facts.routes[0].address = "198.18.0.66" }),
    ]
    let changes: [(HostName, String, (inout HostStep) -> Void)] = [
      ("app-3", "waits for", { $0.needs = [.init(host: "edge-1", goal: .release(8))] }),
      ("edge-1", "waits for one of", { $0.ways.removeLast() }),
    ]
    let all =
      changes
      + installations.map { host, part, change in
        (host, part, { $0.changeInstallation(change) })
      }
    for (host, part, change) in all {
      let refused = try refusals { try $0.changeSteps(of: host) { change(&$0[0]) } }
      let expected = "a plan made now differs from the saved one (\(part)): plan again"
      #expect(refused == [host: [expected]], "\(host) \(part)")
    }
    let moved = try refusals { hosts in
      let index = try #require(hosts.firstIndex { $0.host == "app-3" })
      hosts[index].connection.address = "198.18.0.99"
    }
    #expect(
      moved == ["app-3": ["a plan made now differs from the saved one (reached at): plan again"]])
    #expect(
      try refusals { try $0.changeSteps(of: "app-1") { $0.removeFirst() } }["app-1"]
        == ["the saved plan changes this host in 2 steps, but a new plan in 1: plan again"])
  }

  @Test("may differ in texts for readers, and in bytes that are signed again")
  func ignored() throws {
    let lists = PlannedFile(path: "tls/revoked.crl", source: .text("signed once"))
    var plan = SamplePlan.plan
    for index in plan.hosts.indices {
      plan.hosts[index].changeSteps { step in
        if step.installation != nil { step.changeInstallation { $0.files.append(lists) } }
      }
    }
    let saved = SamplePlan.approved(plan)
    for index in plan.hosts.indices {
      plan.hosts[index].changeSteps { step in
        if step.installation != nil {
          step.changeInstallation { $0.files[$0.files.count - 1].source = .text("signed twice") }
        }
        step.reasons.append("because")
        step.changes = []
      }
      plan.hosts[index].connection.ssh.user = "ann"
    }
    plan.warnings = ["a warning"]
    let now = SamplePlan.approved(plan)
    #expect(saved.difference(of: now) == nil)
    #expect(plan.restricted(to: saved, as: now) == plan)
  }

  @Test("is refused for a host that has changed since, in words")
  func changedHost() throws {
    var now = SamplePlan.host
    now.driftedFiles = ["nginx/deploy.conf"]
    let refused = try refusals(hosts: ["app-1": now, "app-3": SamplePlan.host])
    let expected =
      "it has changed since the plan was made (nginx/deploy.conf has changed): plan again"
    #expect(refused == ["app-1": [expected]])
    #expect(
      try refusals(hosts: ["app-1": SamplePlan.host, "app-2": now, "app-3": SamplePlan.host])
        == ["app-2": ["it could not be reached when the plan was saved: plan again"]])
  }

  @Test("is refused for a host that only one of the two plans changes")
  func oneSided() throws {
    let idle = try refusals { hosts in
      let index = try #require(hosts.firstIndex { $0.host == "edge-2" })
      hosts[index].outcome = .steps(
        StepSequence(HostStep(.install(Installation(release: 2)), reasons: [])))
    }
    #expect(
      idle["edge-2"]
        == ["the saved plan does not change this host, but a new plan does: plan again"]
    )
    var other = SamplePlan.plan
    other.hosts.removeAll { $0.host == "app-3" }
    let rest = SamplePlan.plan.restricted(
      to: SamplePlan.approved(other), as: SamplePlan.approved())
    #expect(
      rest.hosts.first { $0.host == "app-3" }?.hold?.reasons
        == ["it is not in the saved plan: plan again"])
  }

  @Test("keeps the reason of a host that is blocked or unreachable")
  func heldNow() throws {
    let refused = try refusals { hosts in
      for index in hosts.indices where hosts[index].host == "app-3" {
        hosts[index].outcome = .held(.init(.unreachable, ["refused"]))
      }
    }
    #expect(refused == [:])
  }

  @Test("is refused completely if its playbook rolls it out differently")
  func playbook() throws {
    func difference(_ change: (inout Plan, inout Playbook) -> Void) -> String {
      var (plan, playbook) = (SamplePlan.plan, Playbook.rolling)
      change(&plan, &playbook)
      return saved.difference(of: SamplePlan.approved(plan, playbook: playbook)) ?? "none"
    }
    #expect(
      difference { $1.name = "fast" }.contains("the playbook \"rolling\", not \"fast\""))
    let changes: [(String, (inout Plan, inout Playbook) -> Void)] = [
      ("hooks.before_host", { plan, _ in plan.hooks.beforeHost = [["evil"]] }),
      ("hooks.after_host", { plan, _ in plan.hooks.afterHost = [["evil"]] }),
      ("hooks.timeout", { plan, _ in plan.hooks.timeout = 1 }),
      ("max_failures", { plan, _ in plan.maxFailures = 9 }),
      ("pause", { plan, _ in plan.pause = 9 }),
      ("confirm_within", { plan, _ in plan.confirmWithin = 9 }),
      ("keep_releases", { plan, _ in plan.keepReleases = 9 }),
      ("batch", { $1.rollout.batch = .count(9) }), ("canary", { $1.rollout.canary = 9 }),
      ("on_failure", { $1.rollout.onFailure = .revertAll }),
      ("verify", { $1.rollout.verification = .none }),
      ("procedure", { $1.procedure = .decommission(.revoke) }),
    ]
    for (key, change) in changes { #expect(difference(change).contains("(\(key))"), "\(key)") }
    #expect(
      SamplePlan.approved(.init(SamplePlan.plan, hooks: [["a", "b"]])).rollout
        != SamplePlan.approved(.init(SamplePlan.plan, hooks: [["a"], ["b"]])).rollout)
  }

  @Test("is refused completely if it changes a host that the fleet does not have")
  func unknownHost() {
    var saved = saved
    saved.hosts["app-9"] = saved.hosts["app-3"]
    #expect(
      saved.difference(of: SamplePlan.approved())
        == "the plan changes app-9, which neither the inventory nor the state has. Nothing was"
        + " changed: plan again")
    saved.hosts["app-9"]?.steps = []
    #expect(saved.difference(of: SamplePlan.approved()) == nil)
  }

  @Test("the message says what has changed on a host")
  func conditions() {
    let before = HostObservation(
      clock: SamplePlan.now, nginxIsRunning: true, servedReleases: [2],
      fingerprint: SamplePlan.host.fingerprint, includesRelease: true, firewall: .asInstalled)
    func change(_ alter: (inout HostObservation) -> Void) -> String? {
      var now = before
      alter(&now)
      return HostCondition(before).change(to: HostCondition(now))
    }
    #expect(change { $0.clock = $0.clock.adding(seconds: 60) } == nil)
    #expect(
      change { $0.fingerprint = .release(3, digest: nil) }
        == "it had release 2 and now has release 3")
    #expect(change { $0.fingerprint = .none } == "it had release 2 and now has no release")
    #expect(change { $0.firewall = .changed } == "its loaded firewall has changed")
    #expect(change { $0.nginxIsRunning = false } == "nginx is no longer running")
    #expect(change { $0.servedReleases = [1] } == "what its nginx serves has changed")
    #expect(change { $0.includesRelease = false } == "what its nginx serves has changed")
  }
}

extension [HostPlan] {
  fileprivate mutating func changeSteps(
    of host: HostName, _ change: (inout [HostStep]) -> Void
  ) throws {
    let index = try #require(firstIndex { $0.host == host })
    var steps = self[index].steps
    change(&steps)
    self[index].outcome = .steps(try #require(StepSequence(steps)))
  }
}

extension HostPlan {
  fileprivate mutating func changeSteps(_ change: (inout HostStep) -> Void) {
    guard case .steps(var steps) = outcome else { return }
    for index in steps.indices { change(&steps[index]) }
    outcome = .steps(steps)
  }
}

extension Plan {
  fileprivate init(_ plan: Plan, hooks: [[String]]) {
    self = plan
    self.hooks.beforeHost = hooks
  }
}
