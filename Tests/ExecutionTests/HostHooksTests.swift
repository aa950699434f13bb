import Fleet
import FleetLiterals
import Planning
import Synchronization
import Testing

@testable import Execution

@Suite("Hooks")
struct HostHooksTests {
  /// Notes what it is asked to run; a command ends as its first word says.
  private struct FakeRunner: HookRunner {
    let journal: Journal

    func run(
      _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
      say: @escaping @Sendable (String) -> Void
    ) async -> HookEnding {
      journal.note("run \(words.joined(separator: " ")) within \(seconds)")
      for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
        journal.note("environment \(name)=\(value)")
      }
      say("\(words[0]) speaks")
      return switch words[0] {
      case "fails": .failed("ended with status 1: no")
      case "interrupted": .interrupted
      default: .succeeded
      }
    }
  }

  private let journal = Journal()
  private let step = PlannedStep(
    host: "app-1",
    connection: HostAccess(address: "198.18.0.21", ssh: SSHSettings(user: "root")),
    roles: ["back-end"], HostStep(.install(Installation(release: 7)), reasons: []))

  private func hooks(
    before: [[String]] = [], after: [[String]] = []
  ) -> HostHooks {
    HostHooks(
      PlannedHooks(beforeHost: before, afterHost: after, timeout: 9), fleet: "shop",
      runner: FakeRunner(journal: journal),
      report: { [journal] in journal.note("report \($0)") })
  }

  @Test("before a host run in order, with the host and the release in their environment")
  func before() async {
    let result = await hooks(before: [["one", "x"], ["two", "$X"]]).before(step)
    #expect(result == nil)
    #expect(journal.starting("run") == ["one x within 9", "two $X within 9"])
    let variables = [
      "DEPLOY_ADDRESS=198.18.0.21", "DEPLOY_FLEET=shop", "DEPLOY_HOST=app-1", "DEPLOY_RELEASE=7",
    ]
    #expect(journal.starting("environment") == variables + variables)
    #expect(
      journal.starting("report") == [
        "\(ProgressEvent.hookSaid(host: "app-1", "one speaks"))",
        "\(ProgressEvent.hookSaid(host: "app-1", "two speaks"))",
      ])
  }

  @Test("before a host refuse it when one fails, and the rest does not run")
  func refusal() async {
    let result = await hooks(before: [["fails", "x"], ["one"]]).before(step)
    #expect(
      result
        == .refused(
          Refusal(
            cause: .change,
            why: "the hook before_host \"fails x\" ended with status 1: no")))
    #expect(journal.starting("run") == ["fails x within 9"])
  }

  @Test("before a host leave it unchanged if they are interrupted")
  func interruption() async {
    let result = await hooks(before: [["interrupted"], ["one"]]).before(step)
    #expect(result == .notAttempted(why: "the run stopped before this host"))
    #expect(journal.starting("run") == ["interrupted within 9"])
  }

  @Test("after a host know its result and all run; failures are reported")
  func after() async {
    await hooks(after: [["fails"], ["one"]]).after(step, .reverted(why: "x"))
    #expect(journal.starting("run") == ["fails within 9", "one within 9"])
    #expect(journal.starting("environment").filter { $0 == "DEPLOY_RESULT=reverted" }.count == 2)
    let warning = ProgressEvent.warned(
      host: "app-1", "the hook after_host \"fails\" ended with status 1: no")
    #expect(journal.starting("report").contains("\(warning)"))
  }

  @Test("after a host stop if they are interrupted, with a warning")
  func interruptionAfter() async {
    await hooks(after: [["interrupted"], ["one"]])
      .after(step, .confirmed(.release(7)))
    #expect(journal.starting("run") == ["interrupted within 9"])
    let warning = ProgressEvent.warned(
      host: "app-1",
      "the hook after_host \"interrupted\" was interrupted; the hooks after it did not run")
    #expect(journal.starting("report").contains("\(warning)"))
  }

  @Test("do not run if the playbook has none")
  func none() async {
    #expect(await hooks().before(step) == nil)
    await hooks().after(step, .confirmed(.release(7)))
    #expect(journal.all == [])
  }
}
