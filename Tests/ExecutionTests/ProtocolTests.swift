import FleetLiterals
import Foundation
import Planning
import TestSupport
import Testing

@testable import Execution

@Suite("The protocol with the host program")
struct ProtocolTests {
  /// The words that the parts of the program say, by their names.
  private func words(
    in parts: Set<String>, _ pattern: Regex<(Substring, Substring)>
  ) -> Set<String> {
    let text = HostProgram.parts.filter { parts.contains($0.name) }
      .map { HostProgram.withoutComments(String(decoding: $0.text, as: UTF8.self)) }.joined()
    return Set(text.matches(of: pattern).map { String($0.1) })
  }

  private var said: Regex<(Substring, Substring)> {
    /(?:\bsay(?:_lines)? "?|@deploy )([a-z][a-z0-9-]*)/
  }

  private func all<Word: RawRepresentable<String> & CaseIterable>(_ word: Word.Type) -> Set<String>
  {
    Set(Word.allCases.map(\.rawValue))
  }

  @Test("has every word of a survey, and no other")
  func survey() {
    #expect(words(in: ["survey", "surroundings"], said) == all(SurveyMessage.Word.self))
  }

  @Test("has every word of a transaction, and no other")
  func transaction() {
    let parts: Set = [
      "staging", "validation", "arming", "transaction", "force", "nginx", "firewall",
    ]
    #expect(words(in: parts, said) == all(TransactionMessage.Word.self))
  }

  @Test("has every word of a confirmation, and no other")
  func confirmation() {
    #expect(words(in: ["confirm"], said) == all(ConfirmationMessage.Word.self))
  }

  @Test("has every word about connections, and no other")
  func connections() {
    #expect(words(in: ["connections"], said) == all(ConnectionsMessage.Word.self))
  }

  @Test("has every word of a manifest and of the opening, and no other")
  func opening() {
    let launcher = HostCall(command: .manifest(release: 1), program: .fake).launcher
    let own = words(in: ["base", "main"], said)
      .union(
        String(decoding: launcher, as: UTF8.self).matches(of: said).map { String($0.1) })
    #expect(own == all(ManifestMessage.Word.self).union(all(OpeningMessage.Word.self)))
  }

  @Test("has every word with which a host refuses, and no other")
  func refusals() {
    let parts: Set = ["staging", "validation", "arming", "transaction"]
    let found = words(in: parts, /(?:\brefuse(?:_with)?|say refused) ([a-z-]+)/)
    #expect(found == all(HostRefusal.Word.self))
  }

  @Test("has every word with which a host rolls back or reports a result, and no other")
  func endings() {
    let failures = words(in: ["force", "transaction"], /(?:\bfailure|\bwhy)=([a-z]+)/)
    #expect(failures == all(Reversion.Word.self))
    let written = words(in: ["force"], /record_result "\$at_release" ([a-z]+)/)
    let told = words(in: ["confirm"], /say result "\$release" ([a-z]+)/)
    #expect(written.union(told) == all(ReportedResult.Word.self))
  }

  private static let commands: [HostCommand] = [
    .survey(vulnerabilities: ["CVE-1"]), .manifest(release: 1),
    .transaction(
      TransactionOrder(
        mode: .install, release: 1, expected: "none", digest: nil, kept: 0, size: 1, patience: 1,
        window: 1, ports: [], who: "")),
    .confirm(release: 1, keep: 1, digest: nil),
    .connections(ports: [443], peers: ["198.18.0.10"]),
  ]

  @Test("has every argument that the program takes, by its name", arguments: commands)
  func arguments(_ command: HostCommand) throws {
    let functions = [
      "survey": "survey_host", "manifest": "say_manifest", "transaction": "transact",
      "confirm": "confirm_release", "connections": "count_connections",
    ]
    let function = try #require(functions[command.name])
    let text = HostProgram.functions
    let body = try #require(text.range(of: "\n\(function)() {").map { text[$0.upperBound...] })
    let taken = try #require(body.firstMatch(of: /take_arguments '([^']*)'/))
    let names = command.arguments.map(\.name) + (command.takesConnection ? ["connection"] : [])
    #expect(taken.1.split(separator: " ").map(String.init) == names)
    #expect(text.contains("\n    \(command.name)) \(function) \"$@\" ;;"))
  }

  @Test("has a version that both sides have")
  func version() {
    #expect(HostProgram.source.contains("\nprotocol=\(HostProtocol.version)\n"))
  }

  @Test(
    "names an argument that is missing, unknown, not a number or there twice",
    arguments: Shell.withBash,
    [
      ("confirm release=8 keep=5", "there is no argument digest"),
      ("confirm release=8 keep=5 digest= color=red", "the argument \"color\" is not known"),
      ("confirm release=8 keep=5 digest digest=", "the argument \"digest\" is not known"),
      ("confirm release=8 release=8 keep=5 digest=", "the argument \"release\" is not known"),
      ("confirm release=x keep=5 digest=", "the argument \"release\" is not a number: x"),
      ("confirm release= keep=5 digest=", "the argument \"release\" is not a number: "),
      ("confirm release=8 keep=-1 digest=", "the argument \"keep\" is not a number: -1"),
      ("remove", "the task \"remove\" is not known"), ("", "the task \"\" is not known"),
    ])
  func rejected(_ shell: Shell, _ call: (words: String, why: String)) throws {
    let result = try shell.run(
      "$shell \"$host_program\" \(call.words) | grep -v ' version '", in: TemporaryFolder())
    #expect(result.output == "@deploy rejected \(call.why)\n")
    #expect(result.error == "")
  }

  private func hear(_ said: String) async throws -> Said<TransactionMessage>? {
    let conversation = Conversation(
      ScriptedProcess([.bytes(Array(said.utf8))]), .fake, Budget(.seconds(60), bytes: 1 << 20))
    return try await conversation.next()
  }

  @Test(
    "ends with an error that names what it does not know",
    arguments: [
      ("\(HostProgram.opening)@deploy foo bar\n", "it sent \"foo\", which this version of deploy"),
      (
        "\(HostProgram.opening)@deploy refused foo\n", "it sent \"refused foo\", which this version"
      ),
      ("\(HostProgram.opening)@deploy applied foo\n", "it answered \"applied foo\", which is not"),
      ("\(HostProgram.opening)@deploy refused port x y\n", "it answered \"refused port x\", which"),
      (
        "\(HostProgram.opening)@deploy staged x\n",
        "it answered \"staged x\", which has too many words"
      ),
      (
        "@deploy begin\n@deploy missing\n@deploy missing\n",
        "it answered \"missing\", though the program was sent"
      ),
      ("@deploy begin\n@deploy version 2\n", "speaks version 2 of the protocol"),
      ("@deploy begin\n@deploy version x\n", "it answered \"version x\", which is not a number"),
      ("@deploy begin\n@deploy staged\n", "it sent \"staged\", which this version of deploy"),
      ("@deploy begin\n@deploy rejected x\u{1B}\n", "rejects the call: x\\u{1B}"),
    ])
  func unknown(_ said: String, _ why: String) async {
    let fault = await #expect(throws: ConversationFault.self) { try await hear(said) }
    #expect(fault?.description.contains(why) == true, "\(String(describing: fault))")
  }
}
