import Application
import Execution
import FleetFolders
import Foundation
import State
import Testing

@Suite("Hooks of a whole run, without a terminal", .timeLimit(.minutes(1)))
struct RunHooksTests {
  /// A fleet with a playbook whose hooks write to files of its folder.
  private struct Scene {
    let fleet: TestFleet
    let user = FakeInteraction()

    init(_ hosts: FakeFleet) async throws { fleet = try await TestFleet(hosts) }

    var path: String { fleet.home.path }

    func apply(_ user: FakeInteraction? = nil) async throws -> Summary {
      let scope = try RunScope(playbook: path + "/x.yml")
      return try await ApplyPlan(fleet.run(user ?? self.user, scope)).apply()
    }

    func text(_ name: String) -> String? {
      FileManager.default.contents(atPath: "\(path)/\(name)").map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  /// Hooks that keep their input and their variables, and then do more.
  private func scene(_ hosts: FakeFleet = FakeFleet(), before: String = "", after: String = "")
    async throws -> Scene
  {
    let scene = try await Scene(hosts)
    let keep = { (name: String, more: String) in
      "['cat >\(scene.path)/\(name); env | grep ^DEPLOY_ | sort >\(scene.path)/\(name).env\(more)']"
    }
    try scene.fleet.home.write(
      """
      name: x
      hooks:
        before_run: \(keep("before", before))
        after_run: \(keep("after", after))
      """, to: "x.yml")
    return scene
  }

  @Test("get the plan before, and the summary after, as JSON on standard input")
  func input() async throws {
    let scene = try await scene()
    let summary = try await scene.apply()
    #expect(summary.isSuccess && summary.warnings.isEmpty)
    #expect(scene.text("before") == "{\"plan\": 2}\n")
    #expect(scene.text("after") == "{\"summary\": 2, \"stopped\": \"\"}\n")
    let id = try #require(try await scene.fleet.runs().first?.id)
    let variables = try #require(scene.text("before.env")).split(separator: "\n")
    #expect(variables.contains("DEPLOY_FLEET=shop") && variables.contains("DEPLOY_RUN=\(id)"))
    #expect(scene.text("after.env")?.contains("DEPLOY_EXIT=0\n") == true)
  }

  @Test("that fail before the run stop it before any host, key or state is touched")
  func failingBefore() async throws {
    let scene = try await scene(before: "; echo no window >&2; exit 3")
    let failure = await #expect(throws: Failure.self) { try await scene.apply() }
    #expect(failure?.kind == .failed)
    #expect(
      failure?.message?.hasPrefix("nothing was changed: the hook before_run \"/bin/sh -c ") == true)
    #expect(failure?.message?.hasSuffix("\" exited with status 3: no window") == true)
    #expect(scene.fleet.hosts.seen.plans.isEmpty && !scene.fleet.hasState)
    #expect(scene.user.seen.prompts.isEmpty)
    // What reports the beginning of a run reports its end.
    #expect(scene.text("after")?.contains("\"stopped\": \"nothing was changed: the hook") == true)
    #expect(scene.text("after.env")?.contains("DEPLOY_EXIT=1\n") == true)
    #expect(try await scene.fleet.runs().first?.end?.exit == 1)
  }

  @Test("that fail after the run are warnings, and its results and exit status stay")
  func failingAfter() async throws {
    let scene = try await scene(after: "; echo no network; exit 7")
    let summary = try await scene.apply()
    #expect(summary.isSuccess && summary.failure == nil && summary.warnings.count == 1)
    #expect(summary.warnings[0].hasSuffix("\" exited with status 7: no network"))
    #expect(scene.user.seen.summaries == [summary])
    let end = try #require(try await scene.fleet.runs().first?.end)
    #expect(end.exit == 0 && end.warnings == summary.warnings)
  }

  @Test("run after a run that failed on the way, with the reason")
  func failedRun() async throws {
    let scene = try await scene(
      FakeFleet(meanwhile: { _ in throw Failure(.failed, "the disk is full") }))
    await #expect(throws: Failure.self) { try await scene.apply() }
    #expect(scene.text("after") == "{\"summary\": 0, \"stopped\": \"the disk is full\"}\n")
  }

  @Test("do not run if the plan is not approved")
  func refused() async throws {
    let scene = try await scene()
    await #expect(throws: Failure.self) { try await scene.apply(FakeInteraction(saysYes: false)) }
    #expect(scene.text("before") == nil && scene.text("after") == nil)
  }
}
