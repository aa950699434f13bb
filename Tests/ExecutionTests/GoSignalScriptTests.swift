import Foundation
import TestSupport
import Testing

@testable import Execution

@Suite("A prepared transaction")
struct GoSignalScriptTests {
  private let start = TransactionScene.start

  @Test(
    "ends if the controller is silent for too long, and leaves no process",
    arguments: Shell.allCases)
  func silentController(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; trap "" PIPE; heartbeat=1 nap=1
           mode=install is_staged=yes release=8 staged=$root/releases/8; trap abandon TERM; watch_controller 4321
           await_word <&3; echo "heard $word"' sh "$folder/functions")
        [ -e "$staged" ] || echo discarded
        alone
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\nalone\n")
  }

  @Test("waits as long as the controller sends heartbeats", arguments: Shell.allCases)
  func heartbeat(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.write("wait\nwait\ngo\nrest\n", to: "word")
    let result = try shell.run(
      start + """
        watch_controller() { watches="$watches${1:+ $1}"; }
        watches= heartbeat=17; watch_controller 120
        { await_word; read -r rest; } < "$folder/word"
        echo "$watches, then $rest"; kill %1 2>/dev/null; alone
        """, in: folder)
    #expect(result.output == " 120 17 17 17, then rest\nalone\n")
  }

  @Test("has no watcher process left after the go signal", arguments: Shell.allCases)
  func watcherEnds(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        watch_controller 4321; until pgrep -x -f 'sleep 4321' > /dev/null; do :; done; echo watching
        echo go > "$folder/word"; await_word < "$folder/word"
        alone; echo "none:$watcher"
        """, in: TemporaryFolder())
    #expect(result.output == "watching\nalone\nnone:\n")
  }

  @Test("has no watcher left that it started a moment before either", arguments: Shell.allCases)
  func watchersEnd(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.write("wait\nwait\ngo\n", to: "word")
    let result = try shell.run(
      start + """
        for round in 0 1 2 3 4 5 6 7 8 9; do
          trap abandon TERM; watch_controller 4321; await_word < "$folder/word"; trap - TERM
        done; alone
        """, in: folder)
    #expect(result.output == "alone\n")
  }

  @Test(
    "ignores any other word", arguments: Shell.allCases,
    ["", "no\n", "go", "go \n", "GO\n", "wait", "wait\n", "wait\ngo", " wait\n", "\ngo\n"])
  func otherWords(_ shell: Shell, _ word: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(word, to: "word")
    let result = try shell.run(
      start + "watcher=; await_word < \"$folder/word\" 2> /dev/null; echo went", in: folder)
    #expect(result.output == "@deploy refused abandoned\n")
  }

  private func folderWithFunctions() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(HostProgram.functions, to: "functions")
    return folder
  }
}
