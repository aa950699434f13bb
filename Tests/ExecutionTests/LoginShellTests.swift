import Testing

@testable import Execution

@Suite("The command of a script")
struct LoginShellTests {
  private static let shells = [
    "dash -c", "busybox sh -c", "bash -c", "tcsh -c", "csh -c", "fish -c",
  ]
  private static let arguments = [
    "", "a b", "it's", "!x !! !", "\\ \\' \\\\", "$HOME `id` $(id)", "a\nb", "*", "~", "é{a,b}%1",
    "\"",
  ]
  private static let connection = "fe80::1%eth0 50000 198.18.0.9 22"

  private func run(_ shell: String, _ script: RemoteScript, _ program: [UInt8], _ size: Int) throws
    -> Shell.Result
  {
    try Shell.run(
      shell.split(separator: " ").map(String.init)
        + [script.command(reading: size, becoming: false)],
      input: program, environment: ["SSH_CONNECTION": Self.connection])
  }

  @Test(
    "means the same to every login shell, whatever the script and its arguments are",
    arguments: shells)
  func loginShells(_ shell: String) throws {
    let script = RemoteScript(
      name: "survey",
      text: "f() {\n  printf '<%s>' \"$0\" \"$@\"; cat\n}\n# no\nx='a\\\\b!c'; f \"$x\" \"$@\"\n")
    let program = script.program(Self.arguments)
    let result = try run(shell, script, program + Array("the stream".utf8), program.count)
    let words = ["deploy", "a\\\\b!c"] + Self.arguments + [Self.connection]
    #expect(
      result.output
        == "\n@deploy begin\n" + words.map { "<\($0)>" }.joined() + "the stream", "\(result.error)")
    #expect(result.error == "")
  }

  @Test("runs nothing of a script that is cut off", arguments: ["dash", "busybox sh", "bash"])
  func cutOff(_ shell: String) throws {
    let script = RemoteScript(name: "survey", text: "f() {\n  echo ran\n}\necho ran\nf\n")
    let program = script.program(["a'b"])
    let folder = try Folder()
    try folder.write("program", program)
    let word = RemoteScript.quoted(
      script.command(reading: program.count, becoming: false)
        .replacing("exec /bin/sh", with: "exec \(shell)"))
    let result = try Shell.run([
      "sh", "-c",
      """
      for size in $(seq 0 \(program.count)); do
        echo "$size: $(head -c "$size" \(folder.path)/program | \(shell) -c \(word) 2>&1 | grep -c ran)"
      done
      """,
    ])
    let whole = program.count - 1
    let expected = (0...program.count).map { "\($0): \($0 < whole ? 0 : 2)\n" }
    #expect(result.output == expected.joined())
  }
}

@Suite("What an account says that runs no script")
struct PrefaceTests {
  private func conversation(_ pieces: [Piece], _ budget: Budget? = nil) -> Conversation {
    Conversation(ScriptedProcess(pieces), budget ?? Budget(.seconds(60), bytes: 1 << 20))
  }

  @Test("is what is kept of it, with a last line that has no end, and escaped")
  func words() async throws {
    let lines = (1...9).map { "line \($0)\u{1B}[31m" }.joined(separator: "\n")
    let conversation = conversation([.bytes(Array("\(lines)\n\n\nPlease login as admin".utf8))])
    #expect(try await conversation.next() == nil)
    let end = try await conversation.finish()
    #expect(!end.hasBegun)
    #expect(
      end.words
        == (6...9).map { "line \($0)\\u{1B}[31m\n" }.joined() + "Please login as admin")
  }

  @Test("is not what is said before a script that begins")
  func begun() async throws {
    let conversation = conversation([.bytes(Array("Welcome!\n@deploy begin\n@deploy a\n".utf8))])
    #expect(try await conversation.next() == .event("a", ""))
    #expect(try await conversation.next() == nil)
    #expect(try await conversation.finish() == EarlyEnd(hasBegun: true, words: ""))
  }

  @Test("counts for more than that it does not read")
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
        .survey, [], on: Account(said: said), becoming: false, Budget(.seconds(60), bytes: 1 << 20))
      #expect(try await conversation.next() == nil)
      return try await conversation.finish()
    }
    #expect(try await end("not available\n") == EarlyEnd(hasBegun: false, words: "not available"))
    await #expect(throws: Lost.self) { try await end("") }
  }

  @Test("is told of a prompt that waits for ever, and of too much", arguments: [true, false])
  func endless(_ waits: Bool) async throws {
    let prompt = Piece.bytes(Array("Menu\nPassword: ".utf8))
    let conversation = conversation(
      [prompt, waits ? .silence : .endless([0x41])],
      Budget(.milliseconds(waits ? 100 : 60_000), longestLine: 1000, bytes: 5000))
    let fault = await #expect(throws: ConversationFault.self) { try await conversation.next() }
    #expect(
      fault?.description.contains(
        "before deploy's script began, it answered:\n  Menu\n  Password: ")
        == true, "\(String(describing: fault))")
  }
}
