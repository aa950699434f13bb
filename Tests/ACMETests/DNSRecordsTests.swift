import Fleet
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ACME

/// Commands in a folder that make records, and note how they were called.
struct HookScripts {
  let folder: TemporaryFolder
  var hooks: DNSHooks

  /// - Parameter script: what they do; their notes are in `$NOTES`.
  init(_ script: String = "", timeout: Int64 = 120) throws {
    folder = try TemporaryFolder("hooks")
    let path = try folder.write(
      "#!/bin/sh\nNOTES=\(folder.path("notes"))\necho \"$*\" >>\"$NOTES\"\n\(script)\n", to: "hook")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    hooks = DNSHooks(present: [path], cleanup: [path], timeout: timeout)
  }

  func notes() throws -> [String] {
    try folder.names().contains("notes")
      ? folder.text("notes").split(separator: "\n").map(String.init) : []
  }

  func task(_ answer: String, domain: String = "shop.test") -> ChallengeTask {
    ChallengeTask(kind: .dns01, domain: domain, token: "token-\(answer)", answer: answer)
  }
}

/// The messages about records that could not be removed.
final class Warnings: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock { $0 } }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}

@Suite(
  "Records made by commands", .timeLimit(.minutes(2)),
  .requires(ZoneServers.isInstalled, "needs python3 and bind9-dnsutils"))
struct DNSRecordsTests {
  private let warnings = Warnings()

  private func solver(
    _ scripts: HookScripts, _ servers: ZoneServers, clock: any ACMEClock = SystemClock()
  ) throws -> DNSRecords {
    DNSRecords(
      scripts.hooks, dns: try servers.dns, asking: .authoritative(port: servers.port), clock: clock,
      warn: { [warnings] in warnings.add($0) })
  }

  @Test("commands are called as lego calls them, with an environment of documented variables")
  func calls() async throws {
    setenv("DEPLOY_TEST_TOKEN", "for the hook", 1)
    setenv("DEPLOY_TEST_SECRET", "poison", 1)
    defer {
      unsetenv("DEPLOY_TEST_TOKEN")
      unsetenv("DEPLOY_TEST_SECRET")
    }
    let servers = try await ZoneServers()
    var scripts = try HookScripts("env | sort >\"$NOTES.$1\"")
    scripts.hooks.variables = ["DEPLOY_TEST_TOKEN"]
    scripts.hooks.present += ["--zone", "a b"]
    let solver = try solver(scripts, servers)
    let task = scripts.task("value-1")
    try await solver.prepare(task)
    await solver.cleanUp(task)
    await solver.cleanUp(task)
    #expect(
      try scripts.notes() == [
        "--zone a b present _acme-challenge.shop.test. value-1",
        "cleanup _acme-challenge.shop.test. value-1",
      ])
    let variables = try scripts.folder.text("notes.cleanup").split(separator: "\n").map {
      $0.split(separator: "=", maxSplits: 1).map(String.init)
    }
    let own = Dictionary(uniqueKeysWithValues: variables.map { ($0[0], $0.count > 1 ? $0[1] : "") })
    for (name, value) in [
      "DEPLOY_DOMAIN": "shop.test", "DEPLOY_RECORD": "_acme-challenge.shop.test.",
      "DEPLOY_VALUE": "value-1", "CERTBOT_DOMAIN": "shop.test", "CERTBOT_VALIDATION": "value-1",
      "DEPLOY_TEST_TOKEN": "for the hook",
    ] { #expect(own[name] == value) }
    // The shell sets these on its own.
    let rest = Set(own.keys).subtracting(["PWD", "OLDPWD", "SHLVL", "_"])
    let given = [
      "DEPLOY_DOMAIN", "DEPLOY_RECORD", "DEPLOY_VALUE", "CERTBOT_DOMAIN", "CERTBOT_VALIDATION",
      "DEPLOY_TEST_TOKEN",
    ]
    #expect(rest.isSubset(of: ProgramEnvironment.usualNames.union(given)), "\(rest)")
    #expect(own["PATH"] != nil && warnings.all.isEmpty)
  }

  @Test("the record is made where an alias leads to, and awaited there")
  func alias() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??[ZoneServers.record] = ["CNAME": ["shop.acme.test."]]
      zones["127.0.0.4"]??["shop.acme.test."] = ["TXT": ["value-1"]]
    }
    let scripts = try HookScripts()
    let solver = try solver(scripts, servers)
    let task = scripts.task("value-1")
    try await solver.prepare(task)
    try await solver.waitUntilVisible([task])
    await solver.cleanUp(task)
    #expect(
      try scripts.notes() == ["present shop.acme.test. value-1", "cleanup shop.acme.test. value-1"])
  }

  @Test("a failure has the end of what the command said, in one line and escaped")
  func failure() async throws {
    let servers = try await ZoneServers()
    let scripts = try HookScripts(
      #"for n in 1 2 3 4 5 6; do echo "line $n"; done; printf 'no \033[31mroom\n' >&2; exit 3"#)
    let solver = try solver(scripts, servers)
    let task = scripts.task("value-1")
    let error = await #expect(throws: DNSRecords.Failure.self) {
      try await solver.prepare(task)
    }
    #expect(
      error?.description
        == "the command \"\(scripts.hooks.present[0]) present _acme-challenge.shop.test. value-1\" "
        + #"exited with status 3: line 3; line 4; line 5; line 6; no \u{1B}[31mroom"#)
    await solver.cleanUp(task)
    #expect(try scripts.notes().map { $0.prefix(7) } == ["present", "cleanup"])
    #expect(
      warnings.all.count == 1
        && warnings.all[0].hasPrefix(
          "the TXT record _acme-challenge.shop.test. could not be removed: the command"),
      "\(warnings.all)")
  }

  @Test("a command that prints without an end is bounded, and its last words are kept")
  func flood() async throws {
    let servers = try await ZoneServers()
    let scripts = try HookScripts("head -c 30000000 /dev/zero | tr '\\0' x; echo; echo end; exit 1")
    let solver = try solver(scripts, servers)
    let error = await #expect(throws: DNSRecords.Failure.self) {
      try await solver.prepare(scripts.task("value-1"))
    }
    let text = try #require(error?.description)
    #expect(text.hasSuffix("; end") && text.count < 2000, "\(text.count)")
  }

  @Test("a command that does not exist fails, and no command gets what is not a domain")
  func wrong() async throws {
    let servers = try await ZoneServers()
    var scripts = try HookScripts()
    scripts.hooks.present = ["./no-such-hook"]
    let solver = try solver(scripts, servers)
    let error = await #expect(throws: DNSRecords.Failure.self) {
      try await solver.prepare(scripts.task("value-1"))
    }
    #expect(error?.description.contains("exited with status 127") == true)
    for domain in ["-x.shop.test", "shop.test; reboot", "", "shop", "192.0.2.1"] {
      let task = scripts.task("value-1", domain: domain)
      await #expect(throws: DNSRecords.Failure.self) { try await solver.prepare(task) }
      await solver.cleanUp(task)
    }
    #expect(try scripts.notes().isEmpty)
  }

  @Test("a command that hangs is ended at the deadline with its children, and cleaned up after")
  func hanging() async throws {
    let servers = try await ZoneServers()
    let scripts = try HookScripts(
      "[ $1 = present ] || exit 0; sleep 1000 & trap '' TERM; echo \"$$ $!\" >\"$NOTES.pid\"; wait; wait"
    )
    let started = scripts.folder.path("notes.pid")
    // The deadline comes when the command has started; commands that follow have ended before theirs.
    let clock = FakeClock { number in
      guard number == 1 else { return try await Task.sleep(for: .seconds(600)) }
      while try !FileManager.default.fileExists(atPath: started)
        || String(contentsOfFile: started, encoding: .utf8).isEmpty
      { try await Task.sleep(for: .milliseconds(5)) }
    }
    let solver = try solver(scripts, servers, clock: clock)
    let task = scripts.task("value-1")
    let error = await #expect(throws: DNSRecords.Failure.self) {
      try await solver.prepare(task)
    }
    #expect(error?.description.hasSuffix("took more than 120 s and was terminated") == true)
    try await expectEnded(scripts)
    await solver.cleanUp(task)
    #expect(try scripts.notes().count == 2 && warnings.all.isEmpty, "\(warnings.all)")
  }

  @Test("an interrupted run ends the command, and still cleans up")
  func interrupted() async throws {
    let servers = try await ZoneServers()
    let scripts = try HookScripts(
      "[ $1 = present ] || exit 0; sleep 1000 & echo \"$$ $!\" >\"$NOTES.pid\"; wait")
    let solver = try solver(scripts, servers)
    let task = scripts.task("value-1")
    let run = Task {
      do {
        try await solver.prepare(task)
      } catch {
        await solver.cleanUp(task)
        throw error
      }
    }
    try await eventually("the command has started") {
      try scripts.folder.names().contains("notes.pid")
        && !scripts.folder.text("notes.pid").isEmpty
    }
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    try await expectEnded(scripts)
    #expect(try scripts.notes().map { $0.prefix(7) } == ["present", "cleanup"])
    #expect(warnings.all.isEmpty, "\(warnings.all)")
  }

  /// That neither the command nor its child runs any longer.
  private func expectEnded(_ scripts: HookScripts) async throws {
    let processes = try scripts.folder.text("notes.pid").split(whereSeparator: \.isWhitespace)
    try #require(processes.count == 2)
    try await eventually("the command's processes have ended") {
      processes.allSatisfy {
        // One that was not waited for yet has no command line.
        FileManager.default.contents(atPath: "/proc/\($0)/cmdline")?.isEmpty ?? true
      }
    }
  }
}
