import Foundation
import TestSupport
import Testing

@testable import Execution

/// A transaction of release 8 that has begun on a host with current release 7.
enum TransactionScene {
  static let start = """
    mode=install is_staged=yes release=8 previous=7 staged=$root/releases/8 who=ann@laptop
    patience=4321 digest='' kept=0 nap=4321
    mkdir -p "$work" "$staged" "$root/releases/7"
    ln -s releases/7 "$root/current"

    """
}

@Suite("The host's transaction")
struct TransactionScriptTests {
  private let start = TransactionScene.start

  @Test("names the program that holds a port of the release", arguments: Shell.allCases)
  func checkPorts(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        find_master() { return 1; }
        ports=8443; check_ports; echo free
        ports=; check_ports; echo none
        busybox nc -l -p 8443 > /dev/null 2>&1 < /dev/null & listener=$!
        until grep -q ':20FB .* 0A ' /proc/net/tcp /proc/net/tcp6; do :; done
        ports=80,8443; (check_ports); [ -e "$staged" ] || echo discarded
        find_master() { master=$listener; }
        check_ports; echo own
        kill "$listener"
        echo "$listener"
        """, in: TemporaryFolder())
    let lines = result.output.split(separator: "\n")
    let listener = try #require(lines.last)
    #expect(
      lines.dropLast() == [
        "free", "none", "@deploy refused port 8443 busybox (pid \(listener))", "discarded",
        "own",
      ])
  }

  @Test(
    "leaves a release that was there before it", arguments: Shell.allCases, ["restore", "remove"])
  func discardStaysAway(_ shell: Shell, _ mode: String) throws {
    let result = try shell.run(
      start
        + "mode=\(mode) is_staged=; discard; ls \"$root/releases\"; [ -e \"$work\" ] || echo tidy",
      in: TemporaryFolder())
    #expect(result.output == "7\n8\ntidy\n")
  }

  @Test("is refused if another one holds the lock, with its name", arguments: Shell.allCases)
  func lock(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        (who=ann@laptop; lock; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done) &
        until [ -e "$folder/held" ]; do :; done
        (who=bob@desk; lock; echo entered)
        : > "$folder/done"; wait
        (who=bob@desk; lock; echo entered; cat "$run/holder")
        """, in: TemporaryFolder())
    #expect(result.output == "@deploy refused locked ann@laptop\nentered\nbob@desk\n")
  }

  @Test("reports each time for whom it waits", arguments: Shell.allCases)
  func waiting(_ shell: Shell) throws {
    let result = try shell.run(
      """
      lock_attempts=3; who=bob@desk; flock() { return 1; }
      mkdir -p "$run"; echo ann@laptop > "$run/holder"; lock
      """, in: TemporaryFolder())
    #expect(
      result.output == """
        @deploy waiting ann@laptop
        @deploy waiting ann@laptop
        @deploy refused locked ann@laptop

        """)
  }

  @Test(
    "rolls back if the new firewall cannot be loaded, and stays undoing if it cannot roll back",
    arguments: Shell.allCases)
  func firewallFails(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.program(
      "nft", #"case "$*$(cat)" in *releases/8*) echo wrong >&2; exit 1;; esac"#)
    let switching =
      start + """
        echo '8 7 install switching x' > "$root/pending"
        : > "$staged/firewall.nft"; (switch); readlink "$root/current"
        [ -e "$staged" ] || echo discarded; [ -e "$root/pending" ] || echo settled
        cat "$root/result" "$root/undoing" 2> /dev/null

        """
    #expect(
      try shell.run(switching, in: folder).output == """
        @deploy switching
        | wrong
        @deploy reverted firewall
        releases/7
        discarded
        settled
        8 reverted firewall

        """)
    let other = try TemporaryFolder()
    try other.program("nft", "echo wrong >&2; exit 1")
    #expect(
      try shell.run(switching, in: other).output == """
        @deploy switching
        | wrong
        | wrong
        @deploy failed 7
        releases/7
        settled
        8 7 install switching x

        """)
  }

  @Test("is pending and applied after the switch", arguments: Shell.allCases)
  func applied(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      start + """
        echo '8 7 install ab ann@laptop' > "$root/pending"
        (switch); cat "$root/pending" "$run/applied"; readlink "$root/current"
        """, in: folder)
    #expect(
      result.output == """
        @deploy switching
        @deploy applied 8
        8 7 install ab ann@laptop
        8
        releases/8

        """)
  }
}
