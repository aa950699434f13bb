import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import State
import Testing

@testable import Application

/// A socket as that of systemd's journal, of one test.
private struct ListeningJournal: ~Copyable {
  let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
  private let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

  init() throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { [path] in
      $0.copyBytes(from: Array(path.utf8))
    }
    let bound = withUnsafePointer(to: &address) { [receiver] in
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
  }

  deinit {
    close(receiver)
    unlink(path)
  }

  /// The lines of the next message; none if there is no other.
  func next() -> [String] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(receiver, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n")
      .map(String.init)
  }
}

@Suite("Messages in the journal")
struct SystemJournalTests {
  @Test("are one datagram with their fields, in which no text begins another field")
  func datagram() throws {
    let journal = try ListeningJournal()
    SystemJournal(socket: journal.path).send(
      "app-1: failed: a\nDEPLOY_EXIT=0", .error, [("DEPLOY_HOST", "app-1")])
    let lines = journal.next()
    #expect(
      lines.map { $0.prefix { $0 != "=" } } == [
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "DEPLOY_HOST",
      ])
    #expect(lines.dropFirst() == ["PRIORITY=3", "SYSLOG_IDENTIFIER=deploy", "DEPLOY_HOST=app-1"])
  }

  @Test("are left out if no journal listens")
  func withoutJournal() {
    SystemJournal(socket: "/nonexistent/journal").send("lost", .information, [])
    SystemJournal(socket: "/" + String(repeating: "a", count: 200)).send("lost", .information, [])
  }

  @Test("end after the first result that a journal does not take", .timeLimit(.minutes(1)))
  func full() throws {
    let journal = try ListeningJournal()
    let fleet = try #require(FleetName("shop"))
    var random = SystemRandomNumberGenerator()
    let results = (1...1000).map { number in
      RunResult(host: "app-\(number)", result: "confirmed", detail: "")
    }
    RunJournal(
      SystemJournal(socket: journal.path), fleet: fleet, run: RunID(at: .current, using: &random)
    ).ended(
      RunEnd(
        endedAt: .current, exit: 0, results: results, certificates: [], failure: nil, warnings: []))
    #expect(journal.next().first == "MESSAGE=app-1: confirmed")
  }

  @Test("say why a run failed that the history does not have, because it changed nothing")
  func failedBefore() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let journal = try ListeningJournal()
    let recorder = RunRecorder(
      try await Workspace.open(fleet.location, user), user,
      journal: SystemJournal(socket: journal.path))
    let runs = try await fleet.runs().count
    await recorder.end()
    #expect(journal.next().isEmpty)
    await recorder.end(Failure(.locked, "the state is locked by another run"))
    let lines = journal.next()
    #expect(
      lines.first == "MESSAGE=ended with exit code 75: the state is locked by another run")
    #expect(lines.contains("DEPLOY_RESULT=failed") && lines.contains("DEPLOY_FLEET=shop"))
    #expect(try await fleet.runs().count == runs)
  }
}
