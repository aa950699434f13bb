import Diagnostics
import Fleet
import FleetLiterals
import Foundation
import Planning
import State
import Synchronization
import TestSupport
import Testing

@testable import Execution

/// Five hosts, one of which gives answers that are derived from a seed.
private struct FleetWithTraitor: Connector {
  static let name: HostName = "c"

  let honest: FakeHosts
  let seed: UInt64

  final class Shared: Sendable { let count = Mutex<UInt64>(0) }

  let shared = Shared()

  init(honest: FakeHosts, seed: UInt64) {
    self.honest = honest
    self.seed = seed
  }

  func connect(to host: HostName, _ connection: HostAccess) async throws -> any RemoteHost {
    if host == Self.name { return Traitor(seed: seed, shared: shared) }
    return Surveyed(host: try await honest.connect(to: host, connection))
  }

  struct Surveyed: RemoteHost {
    let host: any RemoteHost

    func start(_ command: String) async throws -> any RemoteProcess {
      if command.calls("survey") {
        return ScriptedProcess(saying: HostileSpeech.survey)
      }
      return try await host.start(command)
    }

    func close() async { await host.close() }
  }

  struct Traitor: RemoteHost {
    let seed: UInt64
    let shared: Shared

    func start(_ command: String) async throws -> any RemoteProcess {
      let number = shared.count.withLock {
        $0 += 1
        return $0
      }
      var speech = HostileSpeech(seed: seed &* 1_000_003 &+ number)
      let honest =
        if command.calls("survey") {
          HostileSpeech.survey
        } else if command.calls("confirm") { ["confirmed 2"] } else {
          ["staged", "tested", "prepared", "switching", "applied 2"]
        }
      return ScriptedProcess(
        speech.pieces(honest: honest), reading: speech.reading(), complaint: speech.complaint())
    }

    func close() {}
  }
}

/// Keeps what is recorded.
private final class KeepingStore: StateStore {
  let records = Mutex<[(host: HostName, record: HostRecord?)]>([])

  func record(_ records: [HostName: HostRecord?]) {
    self.records.withLock { kept in kept += records.map { ($0.key, $0.value) } }
  }

  func record(issued: [IssuanceRecord]) {}

  func checkReservation() {}

  func expect(_ digest: String, fromSerial serial: Int, on host: HostName) {}

  func settle(_ digest: String?, on host: HostName) {}
}

@Suite("A hostile host", .serialized, .timeLimit(.minutes(20)))
struct HostileHostTests {
  /// `DEPLOY_HOSTILE` is how many seeds are tried; `DEPLOY_HOSTILE_SEED` is the only one.
  private static let seeds: [UInt64] = {
    if let seed = TestSetting.number("DEPLOY_HOSTILE_SEED", as: UInt64.self) { return [seed] }
    let count = TestSetting.number("DEPLOY_HOSTILE") ?? 40
    return (0..<count).map { _ in UInt64.random(in: 0...UInt64(UInt32.max)) }
  }()

  private static let names: [HostName] = ["a", "b", "c", "d", "e"]
  private static let longestRun = Duration.seconds(60)

  private var budgets: Budgets {
    var budgets = Budgets()
    budgets.survey = Budget(
      .seconds(2), patience: .seconds(3), longestLine: 1 << 16, bytes: 1 << 20)
    budgets.manifest = Budget(.seconds(2), bytes: 1 << 20)
    (budgets.staging, budgets.ending, budgets.recovery) = (.seconds(1), .seconds(1), .seconds(1))
    (budgets.answer, budgets.rollback) = (.seconds(1), .seconds(2))
    budgets.heartbeat = .milliseconds(100)
    return budgets
  }

  private func connection() -> HostAccess { RolloutTests().step("a").connection }

  /// Runs a body for each seed, and says which one fails or does not end.
  private func forEachSeed(_ body: @escaping @Sendable (UInt64) async -> Void) async {
    // Few at once: honest hosts have two seconds, and a run that floods needs some of them to be read.
    await forEach(Self.seeds, limit: 8) { seed in
      await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          await body(seed)
          return true
        }
        group.addTask {
          do { try await Task.sleep(for: Self.longestRun) } catch { return true }
          return false
        }
        if await group.next() == false {
          Issue.record("seed \(seed): the run does not end")
        }
        group.cancelAll()
      }
    } whenDone: { _ in
    }
  }

  private func isShowable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isDeceptive }
  }

  @Test("does not prevent the survey of other hosts, and is reported within its limits")
  func survey() async {
    await forEachSeed { seed in
      let pool = HostPool(
        connector: FleetWithTraitor(honest: FakeHosts([:], Journal()), seed: seed),
        program: .fake, budgets: budgets, recognize: ShownManifest.trusted, report: { _ in })
      let survey = await pool.survey(
        Self.names.map { ($0, connection()) }, parallel: 5)
      await pool.close()
      for name in Self.names {
        switch survey[name] {
        case .observed(let observation):
          #expect(
            observation.latestRelease.orZero < ReleaseNumber.range.upperBound, "seed \(seed)")
          #expect(isShowable(observation.lastResult ?? ""), "seed \(seed)")
          #expect(isShowable(observation.nginxVersion ?? ""), "seed \(seed)")
          #expect(
            observation.surroundings.listeners.allSatisfy { isShowable($0.program ?? "") },
            "seed \(seed)"
          )
        case .unreachable(let why):
          #expect(name == FleetWithTraitor.name, "seed \(seed): \(name): \(why)")
          #expect(isShowable(why), "seed \(seed): \(why)")
        case nil: Issue.record("seed \(seed): \(name) is missing")
        }
      }
    }
    // What came is what a budget allows, and the piece that was one too many.
    #expect(ScriptedProcess.most.withLock(\.self) <= (1 << 20) + (3 << 20))
  }

  @Test("does not affect other hosts, has none of its answers recorded, and ends in time")
  func rollout() async {
    await forEachSeed { seed in
      let journal = Journal()
      let store = KeepingStore()
      let shown = Mutex<[String]>([])
      let scene = RolloutTests()
      var plan = scene.plan(Self.names.map { scene.step($0) }, [Self.names.map { [$0] }])
      plan.confirmWithin = 1
      let clock = FakeClock()
      let rollout = Rollout(
        of: plan, fromSerial: 7,
        pool: HostPool(
          connector: FleetWithTraitor(honest: FakeHosts([:], journal), seed: seed),
          program: .fake, budgets: budgets, recognize: ShownManifest.trusted, report: { _ in }),
        issuer: FakeIssuer(), signer: FakeSigner(), store: store,
        hooks: FakeHooks(journal: journal),
        verifier: FakeVerifier(journal: journal, problems: [:]),
        surroundings: Surroundings(
          user: "ann@laptop", now: { clock.now }, digest: { "\($0.count)" },
          readSecret: { _ in SecretContent([]) }, sleep: { try await clock.sleep($0) }),
        parallel: 8,
        report: {
          if case .warned(_, let line) = $0 { shown.withLock { $0.append(line) } }
        })
      let summary = await rollout.run(plan, state: FleetState(fleet: "shop", lineage: "l"))
      for name in Self.names where name != FleetWithTraitor.name {
        let result = summary.results[name]
        #expect(
          result == .confirmed(.release(2))
            || summary.stopped != nil && result?.name == "not attempted",
          "seed \(seed): \(name): \(String(describing: result))")
      }
      for (host, record) in store.records.withLock(\.self) {
        #expect(summary.results[host] == .confirmed(.release(2)), "seed \(seed): \(host)")
        #expect(record?.release.number == 2 && record?.roles == ["back-end"], "seed \(seed)")
        #expect(record?.release.files.keys.sorted() == ["firewall.nft"], "seed \(seed)")
      }
      let texts =
        shown.withLock(\.self) + summary.results.values.map(\.detail) + [summary.stopped ?? ""]
      for text in texts { #expect(isShowable(text), "seed \(seed): \(text)") }
    }
  }

  @Test(
    "that sends byte by byte is given up at its deadline",
    arguments: ["x", "@deploy waiting", "| x", ""])
  func slowWords(_ word: String) async throws {
    let line = Array("\(word)\n".utf8)
    let begin = Piece.bytes(Array("\(HostProgram.opening)".utf8))
    let pieces =
      [begin] + (0..<1000).flatMap { _ in [Piece.pause(.milliseconds(20)), .bytes(line)] }
    let conversation = Conversation(
      ScriptedProcess(pieces), .fake,
      Budget(.milliseconds(200), patience: .milliseconds(400), bytes: 1 << 20))
    await #expect(throws: ConversationFault.self) {
      while try await conversation.next(SurveyMessage.self) != nil {}
    }
  }

  @Test("is not waited for when it does not read", arguments: [true, false])
  func deaf(_ closes: Bool) async throws {
    let conversation = Conversation(
      ScriptedProcess([.silence], reading: .never), .fake, Budget(.milliseconds(100), bytes: 1))
    await #expect(throws: ConversationFault.self) {
      if closes { try await conversation.closeInput() } else { try await conversation.send([1]) }
    }
  }

  @Test("has no line and no answer longer than its budget", arguments: [true, false])
  func length(_ isOneLine: Bool) async throws {
    let chunk = [UInt8](repeating: isOneLine ? 0x41 : 0x0A, count: 64)
    let conversation = Conversation(
      ScriptedProcess([.endless(chunk)]), .fake,
      Budget(.seconds(600), longestLine: 1000, bytes: 5000))
    let fault = await #expect(throws: ConversationFault.self) {
      while try await conversation.next(SurveyMessage.self) != nil {}
    }
    #expect(fault?.description.contains(isOneLine ? "a line of more" : "an answer of more") == true)
  }
}
