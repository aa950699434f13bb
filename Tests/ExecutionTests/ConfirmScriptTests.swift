import TestSupport
import Testing

@testable import Execution

@Suite("Confirming a release")
struct ConfirmScriptTests {
  /// Release 8 is current after 7, and `confirm` asks for it.
  private let start = #"""
    mkdir -p "$run" "$root/releases/7" "$root/releases/8"; ln -s releases/8 "$root/current"
    : > "$run/lock"
    confirm() {
      $shell "$host_program" confirm release="$1" keep="$2" digest= | sed '/^@deploy version /d'
    }
    pending() {
      echo "8 7 install ${2--} ann@laptop" > "$root/pending"
      [ "$1" != applied ] || echo 8 > "$run/applied"
    }

    """#

  @Test("is done once, and reported as often as it is asked", arguments: Shell.allCases)
  func twice(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        pending applied; confirm 8 5; cat "$root/result"; ls "$root"; ls "$root/releases"
        confirm 8 5; confirm 8 5; cat "$folder/calls"
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        @deploy confirmed 8
        8 confirmed
        current
        releases
        result
        7
        8
        @deploy confirmed 8
        @deploy confirmed 8
        logger -t deploy release 8 confirmed

        """)
    #expect(result.error == "")
  }

  @Test("waits for a switch in progress", arguments: Shell.allCases)
  func switching(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        pending switching
        (hold_switch; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done
         pending applied; echo applied) & until [ -e "$folder/held" ]; do :; done
        (confirm 8 5) & until pgrep -x sleep > /dev/null; do :; done; : > "$folder/done"; wait
        """#, in: TemporaryFolder())
    #expect(result.output == "applied\n@deploy confirmed 8\n")
  }

  @Test(
    "fails after an interrupted switch, and rolls it back",
    arguments: Shell.allCases)
  func neverApplied(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      start + #"pending switching; confirm 8 5; ls "$root"; linked_release"#, in: folder)
    #expect(
      result.output == """
        @deploy result 8 reverted it was cut off
        current
        releases
        result
        7

        """)
  }

  @Test(
    "fails after a restart, even if nothing rolled the release back at boot",
    arguments: Shell.allCases, ["switching", "applied"])
  func restarted(_ shell: Shell, _ state: String) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      start + "pending \(state); rm -r \"$run\"; confirm 8 5; linked_release", in: folder)
    #expect(
      result.output
        == "@deploy result 8 reverted the host restarted before it was confirmed\n7\n")
  }

  @Test(
    "waits until an earlier decision is carried out, and reports the result",
    arguments: Shell.allCases
  )
  func undoing(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      start + #"""
        pending switching
        (exec 9>> "$run/lock"; flock 9; : > "$folder/held"
         until [ -e "$folder/done" ]; do :; done; hold_switch; undo reload) &
        until [ -e "$folder/held" ]; do :; done
        (confirm 8 5) & until pgrep -x -f 'sleep 0.1' > /dev/null; do :; done
        : > "$folder/done"; wait; confirm 8 5
        """#, in: folder)
    #expect(
      result.output.replacing("@deploy waiting\n", with: "")
        == String(repeating: "@deploy result 8 reverted reload\n", count: 2))
  }

  @Test("reports that the first release of a host was rolled back", arguments: Shell.allCases)
  func undoneFirst(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"rm -r "$root"; confirm 8 5; [ -e "$root" ] || echo bare"#, in: TemporaryFolder())
    #expect(result.output == "@deploy result 8 unknown 0\nbare\n")
  }

  @Test(
    "reports that the host is between two releases, until it can be rolled back",
    arguments: Shell.allCases)
  func failed(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft", #"[ -e "$folder/works" ]"#)
    let result = try shell.run(
      start + #"""
        pending applied; mv "$root/pending" "$root/undoing"; confirm 8 5
        : > "$folder/works"; confirm 8 5
        """#, in: folder)
    #expect(result.output == "@deploy failed 7\n@deploy result 8 reverted it was cut off\n")
  }

  @Test(
    "is remembered after later ones, and reported according to the current release",
    arguments: Shell.allCases,
    ["8 confirmed", "9 reverted reload", "7 confirmed", ""])
  func longConfirmed(_ shell: Shell, _ recorded: String) throws {
    let result = try shell.run(
      start + #"""
        : > "$folder/calls"
        """# + "\necho '\(recorded)' > \"$root/result\"\n" + #"""
          confirm 8 5; cat "$root/result" "$folder/calls"
          echo '9 8 install applied x' > "$root/pending"; confirm 8 5; cat "$root/result"
          """#, in: TemporaryFolder())
    #expect(
      result.output == """
        @deploy confirmed 8
        \(recorded)
        @deploy confirmed 8
        9 reverted it was cut off

        """)
  }

  @Test("is read from the place of version 0.1.0", arguments: Shell.allCases)
  func earlierName(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        echo '9 reverted reload' > "$root/verdict"; confirm 9 5
        """#, in: TemporaryFolder())
    #expect(result.output == "@deploy result 9 reverted reload\n")
  }

  @Test("of a removal leaves nothing of deploy", arguments: Shell.allCases)
  func removal(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("systemctl")
    let result = try shell.run(
      start + #"""
        mkdir -p /run/systemd/system; write_units; : > "$folder/calls"
        rm "$root/current"; echo '0 8 remove - x' > "$root/pending"; echo 0 > "$run/applied"
        confirm 0 5; [ -e "$root" ] || echo nothing; find "$units" ! -type d; confirm 0 5
        cat "$folder/calls"
        """#, in: folder)
    #expect(
      result.output == """
        @deploy confirmed 0
        nothing
        @deploy confirmed 0
        logger -t deploy release 0 confirmed
        systemctl stop deploy-undo-0.timer
        systemctl daemon-reload
        systemctl stop deploy.service

        """)
  }

  @Test("disarms systemd's timer", arguments: Shell.allCases)
  func disarm(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("systemctl", "exit 5")
    let result = try shell.run(
      start + #"""
        mkdir -p /run/systemd/system; pending applied; confirm 8 5; cat "$folder/calls"
        """#, in: folder)
    #expect(
      result.output == """
        @deploy confirmed 8
        logger -t deploy release 8 confirmed
        systemctl stop deploy-undo-8.timer

        """)
  }

  @Test(
    "keeps the current release and those before it", arguments: Shell.allCases,
    [(10, 5, "7 8 9 10 11"), (10, 1, "10"), (2, 3, "2 10 11"), (11, 9, "1 2 3 7 8 9 10 11")])
  func prune(_ shell: Shell, _ expected: (release: Int, keep: Int, kept: String)) throws {
    let result = try shell.run(
      """
      for n in 1 2 3 7 8 9 10 11 notes 8.old; do mkdir -p "$root/releases/$n"; done
      release=\(expected.release) keep=\(expected.keep); read_progress confirming; prune; rm -rf $outdated
      ls "$root/releases" | grep -x '[0-9]*' |
        sort -n | tr '\\n' ' '; ls -d "$root/releases/notes" "$root/releases/8.old" | wc -l
      """, in: TemporaryFolder())
    #expect(result.output == expected.kept + " 2\n")
    #expect(result.error == "")
  }

  @Test("forgets discarded releases whose knowledge it includes", arguments: Shell.allCases)
  func pruneDiscarded(_ shell: Shell) throws {
    let result = try shell.run(
      """
      mkdir -p "$root/releases/10" "$root/discarded"; cd "$root/discarded"; touch 7 9 10 11 notes
      release=10 keep=5; read_progress confirming; prune; rm -rf $outdated; ls | tr '\\n' ' '
      """, in: TemporaryFolder())
    #expect(result.output == "10 11 notes ")
    #expect(result.error == "")
  }

  @Test(
    "is decided once, however many confirm and roll back at the same time",
    arguments: Shell.allCases,
    [1, 2, 3])
  func race(_ shell: Shell, _ seed: Int) throws {
    let folder = try TemporaryFolder()
    try folder.program("nft", "[ -t 0 ] || cat > /dev/null")
    let result = try shell.run(
      start + "seed=\(seed)\n" + #"""
        random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); drawn=$((seed / 65536 % $1)); }
        contender() {
          case $1 in
            confirm) confirm 8 5 > "$folder/said.$2" ;;
            now) $shell "$host_program" now 8 ;;
            timer) (exec 9>> "$run/lock"; flock -s 9; exec $shell "$host_program" timer 0 8) ;;
          esac
        }
        for round in 1 2 3 4 5 6 7 8; do
          rm -rf "$folder"/said.* "$folder/go" "$folder/calls" "$root/result"
          mkdir -p "$root/releases/8"; ln -sfn releases/8 "$root/current"; pending applied
          for contender in confirm now timer confirm now confirm; do
            random 400; number=$((${number-0} + 1))
            (until [ -e "$folder/go" ]; do :; done
             while [ "$drawn" -gt 0 ]; do drawn=$((drawn - 1)); done
             contender "$contender" "$number") &
          done
          : > "$folder/go"; wait
          result=$(cat "$root/result"); said=$(sort -u "$folder"/said.* | grep -v waiting)
          case $result in
            '8 confirmed')
              [ "$said/$(linked_release)" = '@deploy confirmed 8/8' ] && [ -d "$root/releases/8" ] ;;
            '8 reverted '*)
              [ "$said/$(linked_release)" = "@deploy result $result/7" ] &&
                [ ! -e "$root/releases/8" ] ;;
            *) false ;;
          esac && [ "$(wc -l < "$folder/calls")" = 1 ] &&
            [ "$(ls "$root" | tr '\n' ' ')" = 'current releases result ' ] ||
            echo "round $round: $result, $said, $(linked_release), $(ls "$root"), $(cat "$folder/calls")"
        done; echo done
        """#, in: folder)
    #expect(result.output == "done\n")
    #expect(result.error == "")
  }
}
