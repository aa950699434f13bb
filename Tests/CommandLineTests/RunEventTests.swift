import Application
import Execution
import Fleet
import FleetLiterals
import Foundation
import Planning
import Synchronization
import Testing

@testable import CommandLine

@Suite("The events of a run")
struct RunEventTests {
  /// The lines of a log, in the order in which they are written.
  private final class Lines: Sendable {
    private let all = Mutex<[String]>([])

    func append(_ line: String) { all.withLock { $0.append(line) } }

    func events() throws -> [[String: Any]] {
      try all.withLock(\.self).map { line in
        #expect(!line.contains("\n"))
        return try #require(
          JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
    }
  }

  private let lines = Lines()
  private let log: RunEventLog

  init() {
    let lines = lines
    log = RunEventLog(
      LineWriter {
        lines.append($0)
        return true
      })
  }

  private func start() throws {
    log.start(run: "r-1", fleet: try #require(FleetName("shop")), command: ["apply", "--yes"])
  }

  private func events() throws -> [[String: Any]] {
    log.finish()
    return try lines.events()
  }

  private func names() throws -> [String] {
    try events().map { $0["event"] as? String ?? "" }
  }

  @Test("a run has one start and one end, and nothing outside them")
  func ends() throws {
    log.warn("before")
    log.end(exit: 1)
    #expect(try names().isEmpty)
    try start()
    log.warn("during")
    log.end(exit: 1, failure: "the state is locked")
    log.end(exit: 0)
    log.warn("after")
    let events = try events()
    #expect(try names() == ["run-started", "warning", "run-ended"])
    #expect(events[0]["command"] as? [String] == ["apply", "--yes"])
    #expect(events[0]["fleet"] as? String == "shop" && events[0]["run"] as? String == "r-1")
    #expect(events[2]["failure"] as? String == "the state is locked")
    #expect(events[2]["exit"] as? Int == 1 && events[2]["isSuccess"] as? Bool == false)
    #expect(events.allSatisfy { $0["version"] as? Int == 1 && $0["at"] is String })
  }

  @Test("each host has a last result, also one that the rollout did not report")
  func results() throws {
    try start()
    log.add(ProgressEvent.started(host: "app-1"))
    log.add(ProgressEvent.settled(host: "app-1", .unconfirmed(why: "no answer")))
    log.add(ProgressEvent.settled(host: "app-2", .unchanged))
    log.note(
      Summary(results: [
        "app-1": .reverted(why: "nginx"), "app-2": .unchanged,
        "app-3": .notAttempted(why: "stopped"),
      ]), SSHTraffic())
    log.end(exit: 1)
    let results = try events().filter { $0["event"] as? String == "host-result" }
      .map { "\($0["host"] ?? "") \($0["result"] ?? "")" }
    #expect(
      results == [
        "app-1 unconfirmed", "app-2 unchanged", "app-1 reverted", "app-3 not attempted",
      ])
    let end = try #require(events().last)
    #expect(end["counts"] as? [String: Int] == ["reverted": 1, "unchanged": 1, "not attempted": 1])
    #expect(end["ssh"] != nil)
  }

  @Test("lines are in the order of their numbers, whichever thread they come from")
  func order() async throws {
    try start()
    await withTaskGroup { group in
      for index in 0..<200 {
        group.addTask { [log] in log.warn("\(index)") }
      }
    }
    log.end(exit: 0)
    let numbers = try events().compactMap { $0["sequence"] as? Int }
    #expect(numbers == Array(1...202))
  }

  @Test("text of a host is one line of JSON, without control characters")
  func hostile() throws {
    try start()
    log.add(ProgressEvent.warned(host: "app-1", "a\nb\u{1B}[2J\u{202E}\u{85}"))
    let event = try #require(events().last)
    #expect(event["text"] as? String == "a\nb\u{1B}[2J\u{202E}\u{85}")
  }

  @Test("a run that fails before it has a summary counts the results that were reported")
  func failedEarly() throws {
    try start()
    log.add(ProgressEvent.settled(host: "app-1", .unconfirmed(why: "no answer")))
    log.add(ProgressEvent.settled(host: "app-1", .unchanged))
    log.add(ProgressEvent.settled(host: "app-2", .unchanged))
    log.end(exit: 1, failure: "the state cannot be written")
    let end = try #require(events().last)
    #expect(end["counts"] as? [String: Int] == ["unchanged": 2])
  }

  @Test("a pipe that is not read delays no event; read later, it has all of them in their order")
  func stoppedReader() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    let log = RunEventLog(LineWriter { Console.write($0 + "\n", to: descriptor) == nil })
    log.start(run: "r-1", fleet: try #require(FleetName("shop")), command: ["apply"])
    for index in 0..<1000 { log.warn("\(index) " + String(repeating: "x", count: 200)) }
    log.end(exit: 0)
    // More than a pipe holds.
    #expect(!log.finish(within: 0))
    var text = Data()
    while text.count(where: { $0 == UInt8(ascii: "\n") }) < 1002 {
      let part = pipe.fileHandleForReading.availableData
      try #require(!part.isEmpty)
      text += part
    }
    #expect(log.finish())
    let numbers = try text.split(separator: UInt8(ascii: "\n")).map { line in
      try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])["sequence"] as? Int
    }
    #expect(numbers == Array(1...1002))
  }

  @Test("after a line that cannot be written, no other is tried")
  func failedWrite() throws {
    let lines = lines
    let log = RunEventLog(
      LineWriter {
        lines.append($0)
        return false
      })
    log.start(run: "r-1", fleet: try #require(FleetName("shop")), command: ["apply"])
    log.warn("lost")
    log.end(exit: 0)
    #expect(log.finish())
    #expect(try lines.events().count == 1)
  }
}
