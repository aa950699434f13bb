import Fleet
import Inventories
import Planning
import State
import Synchronization
import Testing

@Suite("The work of a plan")
struct PlanningWorkTests {
  /// Front-ends that publish every site; each back-end serves every third site.
  private func inventory(frontEnds: Int, backEnds: Int, sites: Int, root: String = "/srv") throws
    -> Inventory
  {
    let edges = (0..<frontEnds).map { "  edge-\($0): {address: 198.18.0.\($0 + 1)}" }
    let apps = (0..<backEnds).map { "  app-\($0): {address: 198.18.1.\($0 + 1)}" }
    let served = (0..<sites).map { site in
      let own = (0..<backEnds).filter { ($0 + site) % 3 == 0 }.map { "app-\($0)" }
      return """
          site-\(site).example:
            front_ends: all
            back_ends: [\(own.joined(separator: ", "))]
            certificate: {ca: true}
            back_end: {root: \(root)}
        """
    }
    let text =
      ["fleet: shop", "ca: {name: Shop CA, passphrase: {env: X}}", "front_ends:"] + edges
      + ["back_ends:"] + apps + ["sites:"] + served
    let (inventory, found) = Scenario.inventory(text.map { $0 + "\n" }.joined())
    return try #require(inventory, "\(found)")
  }

  /// A plan, and the texts whose digests it needed.
  private func plan(_ scenario: Scenario, _ inventory: Inventory) -> (plan: Plan, digests: [String])
  {
    let texts = Mutex<[String]>([])
    let plan = Planner.plan(
      scenario.input(for: inventory) { text in
        texts.withLock { $0.append(text) }
        return Scenario.digest(text)
      })
    return (plan, texts.withLock(\.self))
  }

  /// The files that a plan compares by their texts: not those that are issued, and not the marker.
  private func comparedFiles(_ state: FleetState) -> Int {
    state.hosts.values.reduce(0) { sum, record in
      sum
        + record.release.files.count { path, file in
          !file.isSecret && record.release.certificates[path] == nil && path != "nginx/release.conf"
        }
    }
  }

  @Test("is nothing to compare if the hosts have nothing")
  func first() throws {
    var scenario = Scenario()
    let inventory = try inventory(frontEnds: 2, backEnds: 6, sites: 6)
    scenario.askHosts(of: inventory)
    let (plan, digests) = plan(scenario, inventory)
    #expect(plan.steps.count == 8)
    #expect(digests.isEmpty)
  }

  @Test("is to compare each file once", arguments: [(6, 6), (12, 6), (6, 12), (12, 12)])
  func comparison(_ backEnds: Int, _ sites: Int) throws {
    var scenario = Scenario()
    let present = try inventory(frontEnds: 2, backEnds: backEnds, sites: sites)
    scenario.askHosts(of: present)
    scenario.apply(scenario.plan(present))
    let files = comparedFiles(scenario.state)
    #expect(files > 2 * sites + 3 * backEnds)

    let unchanged = plan(scenario, present)
    #expect(!unchanged.plan.hasChanges)
    #expect(unchanged.digests.count == files)

    let changed = plan(
      scenario, try inventory(frontEnds: 2, backEnds: backEnds, sites: sites, root: "/srv/other"))
    #expect(changed.plan.steps.count == backEnds)
    #expect(changed.digests.count == files)
  }
}
