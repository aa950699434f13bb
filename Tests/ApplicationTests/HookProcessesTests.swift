import Execution
import Foundation
import Processes
import Synchronization
import Testing

@testable import Application

@Suite("A command of the playbook", .timeLimit(.minutes(1)))
struct HookProcessesTests {
  /// The lines that a command wrote.
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func note(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private func run(
    _ words: [String], environment: [String: String] = [:],
    withinSeconds seconds: Int64 = 50
  ) async -> (ending: HookEnding, lines: [String]) {
    // As deploy does: a peer that ends before it has read all must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    let lines = Lines()
    let ending = await HookProcesses().run(
      words, environment: environment, withinSeconds: seconds, say: { lines.note($0) })
    return (ending, lines.all)
  }

  /// Returns when none of the processes runs any longer.
  private func haveEnded(_ processes: [String]) async throws {
    for process in processes {
      while try runs(process) {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }

  /// Whether a process runs; one that was not waited for yet does not.
  private func runs(_ process: String) throws -> Bool {
    guard let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
      return false
    }
    return !command.isEmpty
  }

  @Test("reports both of its outputs, line by line")
  func output() async {
    let (ending, lines) = await run(
      ["sh", "-c", "echo one; echo two >&2; printf 'three\\n\\nfour'"])
    #expect(ending == .succeeded)
    #expect(lines == ["one", "two", "three", "", "four"])
  }

  @Test("gets its arguments unchanged, because no shell interprets them")
  func words() async {
    let (ending, lines) = await run(["printf", "%s\n", "$HOME; *", "it's", "", "-x"])
    #expect(ending == .succeeded)
    #expect(lines == ["$HOME; *", "it's", "", "-x"])
  }

  @Test("gets the hook variables and deploy's environment, except secrets")
  func environment() async throws {
    setenv("DEPLOY_TEST_PASSPHRASE", "poison", 1)
    defer { unsetenv("DEPLOY_TEST_PASSPHRASE") }
    let given = ["DEPLOY_HOST": "app-1"]
    let (_, open) = await run(["env"], environment: given)
    #expect(open.contains("DEPLOY_TEST_PASSPHRASE=poison"))
    #expect(SecretEnvironment.take("DEPLOY_TEST_PASSPHRASE") != nil)
    let (_, lines) = await run(["env"], environment: given)
    #expect(lines.contains("DEPLOY_HOST=app-1"))
    #expect(lines.contains { $0.hasPrefix("PATH=") })
    #expect(!lines.contains { $0.contains("poison") })
  }

  @Test("has an empty input and a new session")
  func session() async {
    let (ending, lines) = await run([
      "sh", "-c", "cat; ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo alone",
    ])
    #expect(ending == .succeeded)
    #expect(lines == ["alone"])
  }

  @Test("reads its input, and need not", arguments: [0, 5, 1 << 20])
  func input(_ length: Int) async {
    // Longer than a pipe holds.
    let input = String(repeating: "x", count: length)
    let lines = Lines()
    let ending = await HookProcesses().run(
      ["sh", "-c", "cat | wc -c; cat | wc -c"], environment: [:], input: input,
      withinSeconds: 50, say: { lines.note($0) })
    #expect(ending == .succeeded && lines.all == ["\(length)", "0"])
    let deaf = await HookProcesses().run(
      ["true"], environment: [:], input: input, withinSeconds: 50, say: { _ in })
    #expect(deaf == .succeeded)
  }

  @Test("fails with its status and the last line of its output")
  func failure() async {
    let (ending, _) = await run(["sh", "-c", "echo first; echo no room >&2; echo; exit 3"])
    #expect(ending == .failed("exited with status 3: no room"))
    #expect(await run(["false"]).ending == .failed("exited with status 1"))
    #expect(
      await run(["sh", "-c", "echo x; kill -9 $$"]).ending
        == .failed("was terminated by signal 9: x"))
  }

  @Test("that does not exist fails with the system's message")
  func missing() async throws {
    guard case .failed(let why) = await run(["./no-such-program"]).ending else {
      throw CancellationError()
    }
    #expect(why.hasPrefix("exited with status 127: "), "\(why)")
    #expect(why.contains("./no-such-program"), "\(why)")
  }

  @Test("is terminated with its children if it takes too long, even if it ignores SIGTERM")
  func deadline() async throws {
    let (ending, lines) = await run(
      ["sh", "-c", "sleep 1000 & echo $!; trap '' TERM; echo $$; exec sleep 1000"],
      withinSeconds: 5)
    #expect(ending == .failed("took more than 5 s and was terminated"))
    #expect(lines.count == 2)
    try await haveEnded(lines)
  }

  @Test("is terminated when the run is interrupted")
  func interruption() async throws {
    let lines = Lines()
    let (started, start) = AsyncStream<Void>.makeStream()
    let task = Task {
      await HookProcesses().run(
        ["sh", "-c", "sleep 1000 & echo $!; wait"], environment: [:], withinSeconds: 50,
        say: {
          lines.note($0)
          start.finish()
        })
    }
    for await _ in started {}
    task.cancel()
    #expect(await task.value == .interrupted)
    #expect(lines.all.count == 1)
    try await haveEnded(lines.all)
  }

  @Test("does not start in a run that is already interrupted")
  func interruptedBefore() async {
    let lines = Lines()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await HookProcesses().run(
        ["echo", "x"], environment: [:], withinSeconds: 50, say: { lines.note($0) })
    }
    #expect(await task.value == .interrupted)
    #expect(lines.all == [])
  }

  @Test("is killed at once when the program exits")
  func end() async throws {
    let running = RunningCommands()
    let lines = Lines()
    let ending = await HookProcesses(among: running).run(
      ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1; done"], environment: [:],
      withinSeconds: 50,
      say: {
        lines.note($0)
        running.killAll()
      })
    #expect(ending == .failed("was terminated by signal 9: \(lines.all.joined())"))
  }

  @Test("that is started while the program exits is killed too")
  func afterEnd() async throws {
    let running = RunningCommands()
    running.killAll()
    let ending = await HookProcesses(among: running).run(
      ["sleep", "1000"], environment: [:], withinSeconds: 50, say: { _ in })
    #expect(ending == .failed("was terminated by signal 9"))
  }

  @Test("has ended when its own process has ended, even if children still run")
  func background() async throws {
    let (ending, lines) = await run(["sh", "-c", "sleep 1000 & echo $!"])
    #expect(ending == .succeeded)
    let left = try #require(lines.first.flatMap { pid_t($0) })
    #expect(try runs(lines[0]))
    kill(left, SIGKILL)
  }
}
