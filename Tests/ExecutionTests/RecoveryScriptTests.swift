import Foundation
import TestSupport
import Testing

@testable import Execution

@Suite("A transaction after an interrupted one")
struct RecoveryScriptTests {
  private let start = TransactionScene.start

  @Test(
    "rolls back an interrupted switch before anything else", arguments: Shell.allCases,
    ["pending", "undoing"])
  func recover(_ shell: Shell, _ state: String) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install switching x' > "$root/\(state)"
        release=9; recover; flock -n "$run/switch" echo free
        readlink "$root/current"; ls "$root"; ls "$root/releases"; cat "$root/result"
        """, in: folder)
    #expect(
      result.output == """
        @deploy recovering 7
        free
        releases/7
        current
        releases
        result
        7
        8 reverted it was cut off

        """)
  }

  @Test("reports an interrupted switch that cannot be rolled back", arguments: Shell.allCases)
  func recoverFails(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft", "echo wrong >&2; exit 1")
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install applied x' > "$root/pending"
        release=9 staged=$root/releases/9; (recover; echo went); cat "$root/undoing"
        """, in: folder)
    #expect(
      result.output == """
        @deploy recovering 7
        | wrong
        @deploy refused failed 7
        8 7 install applied x

        """)
  }

  @Test("completes an interrupted confirmation", arguments: Shell.allCases)
  func recoverConfirming(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install applied x' > "$root/confirming"
        recover; current_release; cat "$root/result"; ls "$root"
        rm -r "$root/current"; echo '0 8 remove applied x' > "$root/confirming"
        recover; [ -e "$root" ] || echo nothing
        """, in: TemporaryFolder())
    #expect(result.output == "8\n8 confirmed\ncurrent\nreleases\nresult\nnothing\n")
  }

  @Test("waits for the process that completes the interrupted one", arguments: Shell.allCases)
  func recoverWaits(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install applied x' > "$root/confirming"
        (hold_switch; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done
         echo finished) & until [ -e "$folder/held" ]; do :; done
        (recover; echo went) & until pgrep -x flock > /dev/null; do :; done
        : > "$folder/done"; wait
        """, in: TemporaryFolder())
    #expect(result.output == "finished\nwent\n")
  }
}
