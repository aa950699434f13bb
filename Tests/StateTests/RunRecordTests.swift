import Fleet
import FleetLiterals
import Foundation
import State
import TestSupport
import Testing

@Suite("The record of a run")
struct RunRecordTests {
  private static let now = Timestamp(secondsSince1970: 1_795_415_280)

  private static func start(_ id: RunID, command: [String] = ["apply"]) -> RunStart {
    RunStart(
      id: id, fleet: "shop", user: "anna", machine: "laptop",
      process: RunProcess(id: 812, start: "b.1"), command: command, version: "0.1.0",
      startedAt: now)
  }

  private static func id(_ text: String = "20261123-062800-k7rf") throws -> RunID {
    try #require(RunID(text))
  }

  /// Text that could steer a terminal, break a line of the log, or fill the disk.
  private static let hostile = "a\u{1B}[31m\n\"b\" \u{202E}\u{200B}\u{7}`@all`</details>"

  @Test("has a name that sorts by time, differs for runs of one second, and can be entered in part")
  func names() throws {
    var random = SeededGenerator(seed: 7)
    let ids = (0..<200).map { _ in RunID(at: Self.now, using: &random) }
    #expect(Set(ids).count == 200)
    for id in ids {
      #expect(RunID(id.text) == id && id.text.hasPrefix("20261123-062800-"))
      #expect(id < RunID(at: Self.now.adding(seconds: 1), using: &random))
      #expect(id.matches(String(id.text.suffix(4))) && id.matches("20261123-0628"))
    }
    let id = try Self.id()
    #expect(!id.matches("") && !id.matches("7rf") && !id.matches("2026112-"))
    for text in ["", "20261123-062800", "20261123-062800-k7r", "20261123-062800-K7RF", "x-y-z"] {
      #expect(RunID(text) == nil, "\(text)")
    }
  }

  @Test("is the same after it was written as JSON and read")
  func roundTrip() throws {
    let id = try Self.id()
    let end = RunEnd(
      endedAt: Self.now, exit: 1,
      results: [RunResult(host: "app-1", result: "refused", detail: Self.hostile)],
      certificates: [RunCertificate(site: "a.example", isSuccess: false, detail: "no")],
      failure: Self.hostile, warnings: [Self.hostile])
    let entries: [RunEntry] = [
      .begun(Self.start(id, command: ["apply", "--limit", Self.hostile])),
      .planned(id, RunPlan(digest: "ab", lines: ["+ app-1", Self.hostile, "", "Plan: 1."])),
      .ended(id, end),
    ]
    for entry in entries {
      try entry.check()
      let json = try JSONEncoder().encode(entry)
      #expect(!json.contains(UInt8(ascii: "\n")))
      #expect(try JSONDecoder().decode(RunEntry.self, from: json) == entry)
    }
    let run = try #require(RunRecord.all(of: entries).first)
    #expect(run.id == id && run.end == end && run.plan?.summary == "Plan: 1.")
    #expect(run.start.who == "anna@laptop")
  }

  @Test("has no password of an address, and few words of bounded length")
  func command() throws {
    let words = [
      "apply", "--log", "https://anna:poison@ci.example/a?b=c@d", "git://poison@host", "a@b",
      String(repeating: "\u{1B}", count: 100_000),
    ]
    let command = Self.start(try Self.id(), command: words).command
    #expect(command[2] == "https://…@ci.example/a?b=c@d" && command[3] == "git://…@host")
    #expect(command[4] == "a@b" && command[5].utf8.count <= 4000)
    #expect(
      Self.start(try Self.id(), command: .init(repeating: "x", count: 999)).command.count < 210)
  }

  @Test("has the beginning and the end of a long plan", arguments: [10, 600, 601, 5000])
  func longPlan(_ count: Int) {
    let lines = (1...count).map { "line \($0)" }
    let plan = RunPlan(digest: "ab", lines: lines)
    #expect(plan.omitted == (count <= 600 ? 0 : count - 600))
    #expect(plan.lines.first == "line 1" && plan.lines.last == "line \(count)")
    #expect(plan.summary == "line \(count)")
    #expect(plan.lines.count == min(count, 601))
  }

  @Test("has at most 64 KiB of a plan with long lines")
  func widePlan() {
    let plan = RunPlan(
      digest: "ab", lines: .init(repeating: .init(repeating: "é", count: 900), count: 300))
    #expect(plan.omitted > 200 && plan.lines.joined().utf8.count <= RunPlan.mostBytes + 100)
    let huge = RunPlan(digest: "ab", lines: [String(repeating: "x", count: 1 << 20), "end"])
    #expect(huge.lines.joined().utf8.count < 5000 && huge.summary == "end")
  }

  @Test(
    "is refused with the place of a value that it must not have",
    arguments: [
      (#"{"version":2,"begun":{}}"#, "version: a newer deploy wrote it, with version 2"),
      (#"{"version":1,"run":"x","ended":{}}"#, "run: \"x\" is not the name of a run"),
      (
        #"{"version":1,"run":"20261123-062800-k7rf","ended":{"endedAt":"2026-11-23T06:28:00Z","#
          + #""exit":999,"results":[],"certificates":[],"warnings":[]}}"#,
        "ended.exit: 999 is not within 0 and 255"
      ),
      (
        #"{"version":1,"run":"20261123-062800-k7rf","planned":{"digest":"ab","summary":"","#
          + #""omitted":0,"lines":["a","b\u001b[2J"]}}"#,
        "planned.lines.1: \"b\\u{1B}[2J\" is not one line without control characters"
      ),
    ])
  func mistakes(_ json: String, _ expected: String) {
    do {
      try JSONDecoder().decode(RunEntry.self, from: Data(json.utf8)).check()
      Issue.record("it was accepted")
    } catch {
      let mistake = (error as? DecodingError)?.mistake() ?? error as? StateMistake
      #expect(mistake?.description == expected)
    }
  }

  @Test("runs are listed newest first, and entries of a run without a beginning are left out")
  func order() throws {
    let ids = try ["20261123-062800-bbbb", "20261123-062700-cccc", "20261123-062900-dddd"].map(
      Self.id)
    let end = RunEnd(endedAt: Self.now, exit: 0)
    let runs = RunRecord.all(of: [
      .ended(ids[2], end), .begun(Self.start(ids[0])), .begun(Self.start(ids[1])),
      .ended(ids[1], end), .planned(ids[2], RunPlan(digest: "ab", lines: [])),
    ])
    #expect(runs.map(\.id) == [ids[1], ids[0]])
    #expect(runs.map { $0.end == nil } == [false, true])
  }

  @Test("counts results in the usual order, and others behind them")
  func counts() throws {
    let end = RunEnd(
      endedAt: Self.now, exit: 1,
      results: ["b", "a", "z", "b"].enumerated().map {
        RunResult(host: "app-\($0.offset)", result: $0.element, detail: "")
      })
    #expect(
      end.counts(in: ["a", "b", "c"]).map { "\($0.count) \($0.result)" } == ["1 a", "2 b", "1 z"])
  }
}
