import Diagnostics
import Execution
import Fleet
import FleetLiterals
import Planning
import Testing

@testable import CommandLine

@Suite("What the status area says")
struct StatusModelTests {
  private static let start = ContinuousClock.now

  private struct Area {
    var model = StatusModel()
    var now = StatusModelTests.start

    mutating func note(_ events: ProgressEvent..., after seconds: Int = 0) {
      now += .seconds(seconds)
      for event in events { model.note(event, at: now) }
    }

    func lines(width: Int = 100) -> [String] {
      model.lines(Style(isColored: false), width: width, at: now).map(\.rendered)
    }
  }

  private func hosts(_ numbers: ClosedRange<Int>) -> [HostName] {
    numbers.compactMap { HostName("h\($0)") }
  }

  @Test("a survey: how many were asked and have answered, and who is waited for")
  func survey() {
    var area = Area()
    #expect(area.lines().isEmpty)
    area.note(.began(Activity("asking", past: "answered", hosts: hosts(1...40))))
    #expect(
      area.lines() == ["asking 40 hosts, 0 s: 0 answered, waiting for h1, h2, h3 and 37 more"])
    for number in 1...40 where number != 3 { area.note(.finished(member: "h\(number)")) }
    area.note(after: 12)
    #expect(area.lines() == ["asking 40 hosts, 12 s: 39 answered, waiting for h3"])
    area.note(.finished(member: "h3"))
    #expect(area.lines() == ["asking 40 hosts, 12 s: 40 answered"])
    area.note(.ended)
    #expect(area.lines().isEmpty)
  }

  @Test("a rollout: confirmed hosts, failures, time, stage and batch above what is waited for")
  func rollout() {
    var area = Area()
    let steps = Dictionary(hosts(1...3).map { ($0, $0 == "h1" ? 2 : 1) }) { $1 }
    area.note(.rollingOut(steps: steps))
    area.note(.began(Activity("preparing", past: "ready", hosts: hosts(1...3))), after: 2)
    #expect(
      area.lines() == [
        "0/3 confirmed, 2 s", "preparing 3 hosts: 0 ready, waiting for h1, h2, h3",
      ])
    let position = RolloutPosition(stage: 1, of: 2, named: "back-ends", batch: 1, of: 1)
    area.note(
      .ended, .entered(position),
      .began(Activity("changing", past: "done", hosts: hosts(1...3))),
      .settled(host: "h1", .confirmed(.release(2))), .settled(host: "h2", .reverted(why: "x")),
      after: 60)
    #expect(
      area.lines() == [
        "0/3 confirmed, 1 failed, 1 min 2 s, stage 1/2 back-ends, batch 1/1",
        "changing 3 hosts: 2 done, waiting for h3",
      ])
    // The second step of a host that has two, and a host that was held and is not part of the rollout.
    area.note(
      .settled(host: "h3", .confirmed(.release(2))), .settled(host: "h1", .confirmed(.release(3))),
      .settled(host: "h9", .unreachable(why: "x")), .ended)
    #expect(area.lines() == ["2/3 confirmed, 1 failed, 1 min 2 s, stage 1/2 back-ends, batch 1/1"])
    area.note(.settled(host: "h1", .reverted(why: "all are rolled back")))
    #expect(area.lines()[0].hasPrefix("1/3 confirmed, 2 failed, "))
    area.note(.rolledOut)
    #expect(area.lines().isEmpty)
    #expect(area.model.rolloutBegan == Self.start)
  }

  @Test("a pause counts down, and tests of edges name their hosts")
  func pause() {
    var area = Area()
    area.note(.rollingOut(steps: ["h1": 1]), .pausing(seconds: 30))
    area.note(after: 12)
    #expect(area.lines() == ["0/1 confirmed, 12 s", "next batch in 18 s"])
    area.note(after: 40)
    #expect(area.lines()[1] == "next batch in 0 s")
    area.note(.entered(RolloutPosition(stage: 1, of: 1, named: "hosts", batch: 2, of: 2)))
    #expect(area.lines().count == 1)
    area.note(.verifying(hosts: hosts(1...9)))
    #expect(area.lines()[1] == "testing the edges of h1 … h9")
    area.note(.ended)
    #expect(area.lines().count == 1)
  }

  @Test("work whose members do not end one by one has only its time")
  func planning() {
    var area = Area()
    area.note(.began(Activity("planning", past: "", hosts: hosts(1...1))))
    area.note(after: 3700)
    #expect(area.lines() == ["planning 1 host, 1 h 1 min"])
  }

  @Test("no line is longer than the width, whatever it is", arguments: [1, 2, 10, 39, 100])
  func width(_ width: Int) {
    var area = Area()
    area.note(
      .rollingOut(steps: ["h1": 1]),
      .entered(RolloutPosition(stage: 1, of: 9, named: "accept both CAs", batch: 1, of: 1)),
      .began(Activity("changing", past: "done", hosts: hosts(1...20))))
    for line in area.lines(width: width) {
      #expect(line.count <= width && (line.count < width || line.hasSuffix("…")))
    }
  }

  @Test("a failure is red")
  func color() {
    var model = StatusModel()
    model.note(.rollingOut(steps: ["h1": 1]), at: Self.start)
    let style = Style(isColored: true)
    #expect(model.lines(style, width: 80, at: Self.start)[0].rendered == "0/1 confirmed, 0 s")
    model.note(.settled(host: "h1", .failed(why: "x")), at: Self.start)
    #expect(model.lines(style, width: 80, at: Self.start)[0].rendered.hasPrefix("\u{1B}[31m"))
  }
}

@Suite("The lines of progress in a log")
struct ProgressLineTests {
  private static let events: [ProgressEvent] = [
    .connecting(host: "h1"), .surveyed(host: "h1"),
    .began(Activity("asking", past: "x", hosts: [])),
    .prepared(host: "h1"), .switching(host: "h1"), .warned(host: "h1", "nginx: careful"),
    .hookSaid(host: "h1", "hello"), .settled(host: "h1", .confirmed(.release(3))),
    .settled(host: "h2", .unchanged), .settled(host: "h3", .reverted(why: "the reason")),
    .pausing(seconds: 5), .verifying(hosts: ["h1", "h2"]), .untried(edges: ["a → b", "a → c"]),
  ]

  private func lines(_ detail: ProgressLines.Detail) -> [String] {
    Self.events.compactMap { ProgressLines(detail: detail).line($0)?.text }
  }

  @Test("are all steps without a status area, and each reason is left to the summary")
  func steps() {
    #expect(
      lines(.steps) == [
        "h1: staged and validated", "h1: switching", "h1: nginx: careful", "h1: hello",
        "h1: confirmed: release 3", "h3: reverted", "waiting 5 s before the next batch",
        "testing the edges of h1, h2", "not tested: a → b\nnot tested: a → c",
      ])
    #expect(
      lines(.all) == lines(.steps).map { $0 == "h3: reverted" ? "h3: reverted: the reason" : $0 })
  }

  @Test("are failures, hooks and warnings above a status area, and warnings alone with -q")
  func fewer() {
    let warnings = ["h1: nginx: careful", "not tested: a → b\nnot tested: a → c"]
    #expect(lines(.warnings) == warnings)
    #expect(lines(.notable) == [warnings[0], "h1: hello", "h3: reverted", warnings[1]])
  }
}
