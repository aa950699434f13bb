import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "The events of runs on a fleet", .serialized, .requires(isRoot, "namespaces need root"))
struct RunEventsTests {
  private struct Event: Decodable {
    var event: String
    var sequence: Int
    var host: String?
    var hosts: [String]?
    var step: String?
    var result: String?
    var hasChanges: Bool?
    var exit: Int?
    var counts: [String: Int]?
    var failure: String?
  }

  private func events(_ output: String) throws -> [Event] {
    let events = try output.split(separator: "\n").map {
      try JSONDecoder().decode(Event.self, from: Data($0.utf8))
    }
    #expect(events.map(\.sequence) == Array(1...max(1, events.count)))
    #expect(events.first?.event == "run-started" && events.last?.event == "run-ended")
    #expect(events.count { $0.event == "run-ended" } == 1)
    return events
  }

  @Test("an apply reports each step of each host in order, and each result; so does a rollback")
  func runs() async throws {
    try await Scene.play { scene in
      let applied = try await scene.deploy("apply", "--format", "ndjson", "--yes")
      #expect(applied.status == 0, "\(applied.all)")
      let first = try events(applied.stdout)
      let plan = try #require(first.first { $0.event == "plan" })
      #expect(plan.hasChanges == true)
      for host in try #require(plan.hosts) {
        let own = first.filter { $0.host == host }
        let steps = own.compactMap(\.step)
        // A host is confirmed over a new connection.
        let order = ["connecting", "surveyed", "staged", "validated", "started", "switching"]
        #expect(steps == order + ["connecting"], "\(host)")
        #expect(own.last?.event == "host-result" && own.last?.result == "confirmed")
      }
      #expect(first.last?.exit == 0)
      #expect(first.last?.counts == ["confirmed": plan.hosts?.count ?? 0])
      #expect(!applied.all.contains(Scene.passphrase))

      let again = try events(
        try await scene.deploy("apply", "--format", "ndjson", "--yes").stdout)
      #expect(again.first { $0.event == "plan" }?.hasChanges == false)
      #expect(again.last?.counts == ["unchanged": plan.hosts?.count ?? 0])
      #expect(again.filter { $0.event == "host-result" }.allSatisfy { $0.result == "unchanged" })

      let without = try await scene.deploy("rollback", "app-1", "--format", "ndjson", "--yes")
      #expect(without.status == 1)
      let failed = try events(without.stdout)
      #expect(failed.last?.exit == 1 && failed.last?.failure?.contains("app-1") == true)
    }
  }

  @Test("an interrupted apply ends its events with its exit code and the result of each host")
  func interrupted() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try scene.write(InventoryText(root: "/srv/other"))
      try scene.write("name: two\nrollout: {batch: 2}\n", to: "two.yml")
      let lock = try await HeldLock.take("lock", on: "app-2", scene)
      let run = try scene.watch(
        "apply", "--yes", "--format", "ndjson", "--playbook", scene.folder + "/two.yml")
      try await scene.await("[ -e /etc/deploy/releases/2/manifest ]", on: "app-1")
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping")
      try await lock.letGo()
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let events = try events(output.stdout)
      #expect(events.last?.exit == 130, "\(output.all)")
      #expect(events.last?.counts?["confirmed"] == nil, "\(output.all)")
    }
  }
}
