import Diagnostics
import FleetLiterals
import Foundation
import Planning
import TestSupport
import Testing

@testable import Execution

@Suite("A call of the host program")
struct LoginShellTests {
  private static let shells = [
    "dash -c", "busybox sh -c", "bash -c", "tcsh -c", "csh -c", "fish -c",
  ]
  private static let arguments = [
    "", "a b", "it's", "!x !! !", "\\ \\' \\\\", "$HOME `id` $(id)", "a\nb", "*", "~", "é{a,b}%1",
    "\"",
  ]
  private static let connection = "fe80::1%eth0 50000 198.18.0.9 22"

  /// A program that prints its arguments and then its input.
  private static let program = HostProgram(
    text: "f() {\n  printf '<%s>' \"$@\"; cat\n}\nx='a\\\\b!c'; f \"$x\" \"$@\"\n",
    digest: sha256)

  static func sha256(_ bytes: [UInt8]) -> String {
    do {
      return String(try Shell.run(["sha256sum"], input: bytes).output.prefix(64))
    } catch {
      return "\(error)"
    }
  }

  private func run(
    _ shell: String, _ call: HostCall, _ input: [UInt8], root: String
  ) throws -> Shell.Result {
    let launcher = call.launcher(root: root)
    return try Shell.run(
      shell.split(separator: " ").map(String.init)
        + [HostCall.line(for: call.command, becoming: false)],
      input: launcher + input, environment: ["SSH_CONNECTION": Self.connection])
  }

  private func call(who: String) -> HostCall {
    HostCall(
      command: .transaction(
        TransactionOrder(
          mode: .install, release: 1, expected: "none", digest: "ab", kept: 4, size: 10,
          patience: 2, window: 3, ports: [80, 443], who: who)), program: Self.program)
  }

  @Test(
    "means the same in every login shell, for any program and arguments",
    arguments: shells)
  func loginShells(_ shell: String) throws {
    let folder = try TemporaryFolder()
    let file = "lib/\(Self.program.digest)"
    for who in Self.arguments {
      let said = "<a\\\\b!c><transaction><mode=install><release=1><expected=none><digest=ab>"
      let rest = "<kept=4><size=10><patience=2><window=3><ports=80,443><who=\(who)>the stream"
      // The host does not have it: it is sent, and run from memory.
      try? FileManager.default.removeItem(atPath: folder.path + "/" + file)
      let sent = try run(
        shell, call(who: who), Self.program.text + Array("the stream".utf8), root: folder.path)
      #expect(sent.output == "\n@deploy begin\n@deploy missing\n\(said)\(rest)", "\(sent.error)")
      #expect(sent.error == "")
      // The host has it.
      try folder.write(Self.program.text, to: file)
      let kept = try run(shell, call(who: who), Array("the stream".utf8), root: folder.path)
      #expect(kept.output == "\n@deploy begin\n\(said)\(rest)", "\(kept.error)")
      #expect(kept.error == "")
    }
  }

  @Test("of a survey passes on sshd's SSH_CONNECTION", arguments: shells)
  func connection(_ shell: String) throws {
    let call = HostCall(
      command: .survey(vulnerabilities: ["CVE-1", "CVE-2"]), program: Self.program)
    let result = try run(shell, call, Self.program.text, root: "/none")
    #expect(
      result.output.hasSuffix(
        "<survey><vulnerabilities=CVE-1 CVE-2><connection=\(Self.connection)>"), "\(result.error)")
  }

  @Test(
    "never runs a stored program that was altered or is incomplete",
    arguments: ["dash -c", "busybox sh -c", "bash -c"])
  func altered(_ shell: String) throws {
    let folder = try TemporaryFolder()
    let file = "lib/\(Self.program.digest)"
    let whole = Self.program.text
    for wrong in [[], Array(whole.dropLast()), Array(whole.prefix(20)), whole + [0x0A], [0x3A]] {
      try folder.write(wrong, to: file)
      let result = try run(shell, call(who: "x"), whole + Array("rest".utf8), root: folder.path)
      #expect(result.output.hasPrefix("\n@deploy begin\n@deploy missing\n<a"), "\(result.error)")
      #expect(result.output.hasSuffix("<who=x>rest"))
    }
  }

  @Test("runs nothing of a truncated launcher", arguments: ["dash", "busybox sh", "bash"])
  func cutOff(_ shell: String) throws {
    let program = HostProgram(
      text: "f() {\n  echo ran\n}\necho ran\nf\n", digest: Self.sha256)
    let call = HostCall(command: .manifest(release: 7), program: program)
    let folder = try TemporaryFolder()
    try folder.write(call.launcher + program.text, to: "input")
    let word = ShellWord.quoted(
      HostCall.line(for: call.command, becoming: false)
        .replacing("exec /bin/sh", with: "exec \(shell)"))
    let total = call.launcher.count + program.text.count
    let result = try Shell.run([
      "sh", "-c",
      """
      for size in $(seq 0 \(total)); do
        echo "$size: $(head -c "$size" \(folder.path)/input | \(shell) -c \(word) 2>&1 | grep -c ran)"
      done
      """,
    ])
    #expect(result.output == (0...total).map { "\($0): \($0 < total ? 0 : 2)\n" }.joined())
  }
}

@Suite("The output of an account that does not run commands")
struct PrefaceTests {
  private func conversation(_ pieces: [Piece], _ budget: Budget? = nil) -> Conversation {
    Conversation(ScriptedProcess(pieces), .fake, budget ?? Budget(.seconds(60), bytes: 1 << 20))
  }

  @Test("is reported, with an unfinished last line, and escaped")
  func words() async throws {
    let lines = (1...9).map { "line \($0)\u{1B}[31m" }.joined(separator: "\n")
    let conversation = conversation([.bytes(Array("\(lines)\n\n\nPlease login as admin".utf8))])
    #expect(try await conversation.next(SurveyMessage.self) == nil)
    let end = try await conversation.finish()
    #expect(!end.hasBegun)
    #expect(
      end.words
        == (6...9).map { "line \($0)\\u{1B}[31m\n" }.joined() + "Please login as admin")
  }

  @Test("does not include output before a program that starts")
  func begun() async throws {
    let conversation = conversation([
      .bytes(Array("Welcome!\n\(HostProgram.opening)@deploy staged\n".utf8))
    ])
    #expect(try await conversation.next() == .message(TransactionMessage.staged))
    #expect(try await conversation.next(TransactionMessage.self) == nil)
    #expect(try await conversation.finish() == EarlyEnd(hasBegun: true, words: ""))
  }

  @Test("is reported rather than the write error")
  func deaf() async throws {
    struct Account: RemoteHost {
      let said: String
      func start(_ command: String) -> any RemoteProcess {
        ScriptedProcess([.bytes(Array(said.utf8))], reading: .refuses)
      }
      func close() {}
    }
    func end(_ said: String) async throws -> EarlyEnd {
      let conversation = try await Conversation.start(
        .manifest(release: 1), of: .fake, on: Account(said: said), becoming: false,
        Budget(.seconds(60), bytes: 1 << 20))
      #expect(try await conversation.next(SurveyMessage.self) == nil)
      return try await conversation.finish()
    }
    #expect(try await end("not available\n") == EarlyEnd(hasBegun: false, words: "not available"))
    await #expect(throws: Lost.self) { try await end("") }
  }

  @Test(
    "is reported for a prompt that waits for ever, and for too much output",
    arguments: [true, false])
  func endless(_ waits: Bool) async throws {
    let prompt = Piece.bytes(Array("Menu\nPassword: ".utf8))
    let conversation = conversation(
      [prompt, waits ? .silence : .endless([0x41])],
      Budget(.milliseconds(waits ? 100 : 60_000), longestLine: 1000, bytes: 5000))
    let fault = await #expect(throws: ConversationFault.self) {
      try await conversation.next(SurveyMessage.self)
    }
    #expect(
      fault?.description.contains(
        "before deploy's host program started, it sent:\n  Menu\n  Password: ")
        == true, "\(String(describing: fault))")
  }
}
