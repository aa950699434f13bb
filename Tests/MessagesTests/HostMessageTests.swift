import Diagnostics
import Fleet
import FleetLiterals
import Planning
import State
import Testing

@testable import Execution

/// The messages for what hosts say in a transaction. Each enumeration is gone through whole, so that a new
/// case fails until its message was read.
@Suite("Messages of hosts")
struct HostMessageTests {
  private let step = PlannedStep(
    host: "app-1",
    connection: HostAccess(
      address: "198.18.0.1", ssh: SSHSettings(user: "ann", become: .sudo)),
    roles: ["back-end"],
    HostStep(
      .install(
        Installation(
          release: 8,
          files: [
            PlannedFile(
              path: "nginx/snippets/shop.conf", source: .text("x"),
              origin: PlannedFile.Origin(path: "snippets/shop-be.conf", place: "shop.yml:31:18"))
          ])), reasons: []))

  /// What a program on the host wrote; a line that it repeats is shown once.
  private let lines = [
    "nginx: [emerg] unknown directive \"x\" in /etc/deploy/current/nginx/snippets/shop.conf:3",
    "nginx: configuration file test failed", "nginx: configuration file test failed",
  ]

  @Test("a refusal of a host says why and what to do")
  func refusals() throws {
    var topic = Rendering("host-refusals")
    for word in HostRefusal.Word.allCases {
      for detail in details(of: word) {
        let said = [word.rawValue, detail].filter { !$0.isEmpty }.joined(separator: " ")
        let refusal = RefusalText.refusal(try HostRefusal(said), lines: lines, step: step)
        topic.add("refused \(said), for the \(refusal.cause.rawValue)", refusal.why)
      }
    }
    try topic.check()
  }

  private func details(of word: HostRefusal.Word) -> [String] {
    switch word {
    case .locked: ["", "anna@bastion"]
    case .changed: ["9:", "none"]
    case .port: ["443 haproxy (pid 12)", "443 nginx (pid 12)"]
    case .notIncluded: ["/etc/nginx/http.d/deploy.conf"]
    case .gone: ["5"]
    case .failed: ["7", "0"]
    case .noSpace, .staging, .damaged, .nginx, .firewall, .abandoned: [""]
    }
  }

  @Test("a host that went back, or could not, says why")
  func reversions() throws {
    var topic = Rendering("host-reversions")
    for word in Reversion.Word.allCases {
      topic.add(
        "reverted \(word.rawValue)",
        RefusalText.reversion(Reversion(word.rawValue), lines: lines, step: step))
    }
    topic.add("failed 7", RefusalText.failed(7, lines: lines, step: step))
    topic.add("failed 0", RefusalText.failed(nil, lines: [], step: step))
    try topic.check()
  }

  @Test("a shell that does not run the host program is explained")
  func shells() throws {
    var topic = Rendering("host-shells")
    for said in [
      "", "Please login as admin.", "sh: 1: exec: sudo: not found",
      "sudo: a password is required", "sudo: sorry, you must have a tty to run sudo",
      "/bin/sh: 1: head: Permission denied",
    ] {
      topic.add(
        "before the program began: \(said)",
        RefusalText.shellEnded(EarlyEnd(hasBegun: false, words: said), step.connection))
    }
    for said in ["", "Killed"] {
      topic.add(
        "in the middle: \(said)",
        RefusalText.shellEnded(EarlyEnd(hasBegun: true, words: said), step.connection))
    }
    try topic.check()
  }

  @Test("a host that does not keep to the conversation is named as at fault")
  func faults() throws {
    var topic = Rendering("host-faults")
    let heard = [HostText("Last login: today"), HostText("Welcome")]
    topic.add("tooLate", ConversationFault.tooLate(after: .seconds(90)).description)
    topic.add("tooLate, heard", ConversationFault.tooLate(after: .seconds(90), heard).description)
    topic.add("tooMuch", ConversationFault.tooMuch("a line", limit: 65_536).description)
    topic.add(
      "tooMuch, heard", ConversationFault.tooMuch("a line", limit: 65_536, heard).description)
    topic.add("unknown", ConversationFault.unknown("refused wherefore").description)
    for message in [TransactionMessage.staged, .recovering(release: 7)] {
      topic.add(
        "outOfTurn \(message.word.rawValue)", ConversationFault.outOfTurn(message).description)
    }
    topic.add("otherVersion", ConversationFault.otherVersion(2).description)
    topic.add("rejected", ConversationFault.rejected("the release is no number").description)
    for said in [
      "gone x", "port 0 x", "not-included conf.d/x", "changed x", "failed -1", "why",
    ] {
      topic.add("refused \(said)", message { _ = try HostRefusal(said) })
    }
    for word in TransactionMessage.Word.allCases {
      topic.add(
        "\(word.rawValue) with a value that it cannot have",
        message { _ = try TransactionMessage(word, "\u{1b}[31mx") })
    }
    try topic.check()
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "(accepted)"
    } catch { return "\(error)" }
  }

  @Test("every result has a name and a detail")
  func results() throws {
    var topic = Rendering("host-results")
    let results: [HostResult] = [
      .unchanged, .confirmed(.release(8)), .confirmed(.removed),
      .refused(Refusal(cause: .host, why: "WHY")), .reverted(why: "WHY"), .failed(why: "WHY"),
      .unreachable(why: "WHY"), .unconfirmed(why: "WHY"),
      .notAttempted(why: HostResult.stoppedBefore),
    ]
    for result in results {
      topic.add(
        result.isSuccess ? "success" : "no success",
        [result.name, result.detail].filter { !$0.isEmpty }.joined(separator: ": "))
    }
    try topic.check()
  }
}
