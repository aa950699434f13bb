import Dispatch
import Fleet
import Inventories
import Planning
import State
import Synchronization
import TestSupport
import Testing

/// Several threads, which begin with the last element.
private struct ManyThreads: Parallelism {
  func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    let results = Mutex<[Int: Result]>([:])
    DispatchQueue.concurrentPerform(iterations: elements.count) { iteration in
      let position = elements.count - 1 - iteration
      let result = transform(elements[position])
      results.withLock { $0[position] = result }
    }
    return results.withLock { results in elements.indices.compactMap { results[$0] } }
  }
}

@Suite("A plan that is made on several cores")
struct ParallelPlanTests {
  @Test(
    "is the one that is made on one core",
    arguments: 0..<UInt64(TestSetting.count(40, inSweep: 2000)))
  func same(_ seed: UInt64) throws {
    let pair = FleetPair(seed: seed)
    var scenario = Scenario()
    for spec in [pair.before, pair.after] {
      let inventory = try spec.inventory()
      scenario.askHosts(of: inventory)
      let input = scenario.input(for: inventory)
      let parallel = scenario.input(for: inventory, on: ManyThreads())
      let plan = Planner.plan(input)
      #expect(Planner.plan(parallel) == plan, "\(pair)")
      #expect(Planner.offline(parallel) == Planner.offline(input), "\(pair)")
      scenario.apply(plan)
      if let revoked = pair.revoked, revoked.isBefore { scenario.revoke(revoked.host) }
    }
  }
}
