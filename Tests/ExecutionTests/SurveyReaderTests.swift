import Fleet
import State
import Testing

@testable import Execution

@Suite("Reading a survey")
struct SurveyReaderTests {
  private func read(
    _ lines: [String],
    _ recognize: @escaping @Sendable (String) -> ShownManifest = ShownManifest.trusted
  ) throws -> HostObservation? {
    var reader = SurveyReader(recognize: recognize)
    for line in lines {
      let (word, value) = HostValues.divided(line)
      try reader.read(SurveyMessage(word: word, value: value))
    }
    return reader.result
  }

  @Test("an honest survey is an observation")
  func honest() throws {
    let observation = try #require(try read(HostileSpeech.survey))
    #expect(observation.clock == Timestamp(secondsSince1970: 1_790_000_000))
    #expect(observation.surroundings.listeners.map(\.program) == ["node"])
  }

  @Test("the manifests of releases that were not confirmed are read separately")
  func discarded() throws {
    let lines = ["staged 5 a", "discarded 5 b", "staged 5 c", "discarded 6 d"]
    let observation = try #require(
      try read(lines + HostileSpeech.survey) {
        ShownManifest(manifest: nil, digest: $0, signature: .missing)
      })
    #expect(observation.discardedManifests.map(\.digest) == ["b\n", "d\n", "a\nc\n"])
  }

  @Test(
    "an invalid value is a fault of the host, and is reported with its word",
    arguments: [
      "clock -9223372036854775808", "clock 9223372036854775807", "clock x", "clock",
      "user -1", "user 4294967296", "latest 9223372036854775807", "latest 1000000000", "latest 01",
      "latest -1", "kept 9223372036854775807", "kept x", "served 0", "before -1", "current 0",
      "current releases", "fingerprint 1", "fingerprint 1:aa", "fingerprint x:",
      "fingerprint 1:\(String(repeating: "A", count: 64))", "include deploy.conf",
      "include /a\u{1B}", "connection x 1 y 2", "connection ::1 1 ::2 x", "connection ::1",
      "missing ../x",
      "missing \(String(repeating: "x", count: 99))",
      "drift ../x", "drift /etc/shadow", "drift a//b", "drift a\u{202E}b", "text a", "text ../a:x",
      "firewall open", "systemd x", "running 0", "retiring -1", "retiring 99999999999",
      "unknown", " ", "prepared", "staged", "staged 5", "staged x y", "discarded 0 a",
    ])
  func wrongValues(_ line: String) throws {
    let word = line.prefix { $0 != " " }
    let lines = HostileSpeech.survey.filter { $0.prefix { $0 != " " } != word }
    #expect(throws: ConversationFault.self) { try read([line] + lines) }
  }

  @Test("a word that is allowed once is refused the second time")
  func repetition() throws {
    for line in HostileSpeech.survey where !line.hasPrefix("end") {
      let word = try #require(SurveyMessage.Word(rawValue: String(line.prefix { $0 != " " })))
      guard SurveyReader.unique.contains(word) else { continue }
      #expect(throws: ConversationFault.self, "\(word)") { try read([line] + HostileSpeech.survey) }
    }
  }

  @Test("messages after the end and missing messages are refused")
  func end() throws {
    for line in ["end", "clock 1", "waiting", "text a:b"] {
      #expect(throws: ConversationFault.self) { try read(HostileSpeech.survey + [line]) }
    }
    for word in SurveyReader.required {
      let lines = HostileSpeech.survey.filter { !$0.hasPrefix(word.rawValue + " ") }
      #expect(throws: ConversationFault.self, "\(word)") { try read(lines) }
    }
    #expect(try read(HostileSpeech.survey.dropLast()) == nil)
  }

  @Test("the words of a host are displayed escaped")
  func escapes() {
    let fault = #expect(throws: ConversationFault.self) { try read(["clock \u{1B}[2J\u{9B}1m"]) }
    #expect(fault?.description.contains("clock \\u{1B}[2J\\u{9B}1m") == true)
  }
}
