import TestSupport
import Testing

@testable import Execution

@Suite("Automatic rollback on a host")
struct UndoScriptTests {
  /// Release 8 is current after 7, both with a firewall, and `undo.sh` is on the host.
  private let start = #"""
    mkdir -p "$run" "$root/releases/7" "$root/releases/8"; ln -s releases/8 "$root/current"
    : > "$root/releases/7/firewall.nft"; : > "$root/releases/8/firewall.nft"
    find_include; by_itself() { $shell "$host_program" "$@"; }
    state() { echo "$1 7 ${2:-install} applied ann@laptop"; }
    told() {
      echo "$(linked_release), $(cat "$root/result" 2> /dev/null), $(ls "$root/releases" | tr '\n' ' ')"
      ls "$root" | grep -e ing; grep -v -e logger -e list "$folder/calls" 2> /dev/null | sed "s#$root#R#"
    }

    """#

  private func host(nft: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["nginx", "systemctl"] { try folder.records(name, "exit 1") }
    try folder.records(
      "nft", #"sed -n 's/^include "\(.*\)"$/loads \1/p' >> "$folder/calls""# + "\n" + nft)
    return folder
  }

  @Test("is over at once when the release is confirmed", arguments: Shell.allCases)
  func confirmed(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        state 8 > "$root/pending"; by_itself timer 100000 8 & timer=$!
        until pgrep -x sleep > /dev/null; do :; done
        rm "$root/pending"; wait "$timer"; echo "$?"; told
        """#, in: try host())
    #expect(result.output == "0\n8, , 7 8 \n")
  }

  @Test(
    "rolls back an unconfirmed release", arguments: Shell.allCases,
    ["timer 0 8", "timer 1 8", "now 8"])
  func unconfirmed(_ shell: Shell, _ words: String) throws {
    let result = try shell.run(
      start + "state 8 > \"$root/pending\"; by_itself \(words); told", in: try host())
    #expect(
      result.output == """
        7, 8 reverted it was not confirmed in time, 7 
        nft -f -
        nginx -V
        nft -f -
        loads R/releases/7/firewall.nft

        """)
  }

  @Test(
    "restores the firewall even if nginx cannot be restored", arguments: Shell.allCases)
  func nginxIsBroken(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        mkdir "$root/releases/7/nginx"; : > "$root/releases/7/nginx/deploy.conf"
        state 8 > "$root/pending"; by_itself now 8; told
        """#, in: try host())
    #expect(
      result.output == """
        7, , 7 8 
        undoing
        nft -f -
        nginx -V
        nginx 
        nft -f -
        loads R/releases/7/firewall.nft

        """)
  }

  @Test(
    "does nothing for another release", arguments: Shell.allCases,
    ["timer 0 8", "timer 100000 8", "now 8"])
  func otherRelease(_ shell: Shell, _ words: String) throws {
    let result = try shell.run(
      start + #"""
        told; state 9 > "$root/pending"
        """# + "\nby_itself \(words); echo $?; mv \"$root/pending\" \"$root/undoing\"\n"
        + "by_itself \(words); echo $?; told", in: try host())
    #expect(result.output == "8, , 7 8 \n0\n0\n8, , 7 8 \nundoing\n")
  }

  @Test(
    "is retried if it failed, by the first timer or the second", arguments: Shell.allCases)
  func secondTimer(_ shell: Shell) throws {
    let failingOnce =
      #"grep -q 7 "$folder/calls" || exit 0; [ -e "$folder/failed" ] || { : > "$folder/failed"; exit 1; }"#
    let result = try shell.run(
      start + #"""
        state 8 > "$root/pending"; by_itself timer 1 8 & second=$!
        by_itself timer 0 8; echo "$?"; wait "$second"; echo "$?"; told
        """#, in: try host(nft: failingOnce))
    #expect(
      result.output == """
        0
        0
        7, 8 reverted it was not confirmed in time, 7 
        nft -f -
        nginx -V
        nft -f -
        loads R/releases/7/firewall.nft
        nft -f -
        nginx -V
        nft -f -
        loads R/releases/7/firewall.nft

        """)
  }

  @Test(
    "rolls back an unconfirmed release at boot by changing files only", arguments: Shell.allCases,
    ["pending", "undoing"])
  func boot(_ shell: Shell, _ file: String) throws {
    for (mode, kept) in [("install", "7 "), ("restore", "7 8 ")] {
      let result = try shell.run(
        start + """
          mkdir -p /run/systemd/system "$root/releases/8/nginx"; rm -r "$run"
          : > "$root/releases/8/nginx/deploy.conf"; write_include
          state 8 \(mode) > "$root/\(file)"; by_itself boot; told; [ -e "$include" ] || echo excluded
          """, in: try host())
      #expect(
        result.output == """
          7, 8 reverted the host restarted before it was confirmed, \(kept)
          nft -f -
          loads R/releases/7/firewall.nft
          excluded

          """)
      #expect(result.error == "")
    }
  }

  @Test("leaves nothing at boot if no release was confirmed before", arguments: Shell.allCases)
  func bootFirst(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        mkdir -p /run/systemd/system "$units"; : > "$units/deploy.service"
        cp "$host_program" "$root/undo.sh"; echo '8 0 install applied x' > "$root/pending"
        $shell "$root/undo.sh" boot; echo "$?"; [ -e "$root" ] || [ -e "$include" ] || echo nothing
        find "$units" ! -type d; cat "$folder/calls" 2> /dev/null
        """#, in: try host())
    #expect(
      result.output == """
        0
        nothing
        logger -t deploy release 8 reverted the host restarted before it was confirmed

        """)
  }

  @Test("keeps a confirmed release at boot", arguments: Shell.allCases)
  func bootConfirming(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        mkdir -p /run/systemd/system; state 8 > "$root/confirming"; by_itself boot; told
        rm "$root/current"; echo '0 8 remove applied x' > "$root/confirming"; : > "$folder/calls"
        by_itself boot; [ -e "$root" ] || echo nothing; cat "$folder/calls"
        """#, in: try host())
    #expect(
      result.output == """
        8, 8 confirmed, 7 8 
        nft -f -
        loads R/releases/8/firewall.nft
        nothing
        logger -t deploy release 0 confirmed

        """)
  }

  @Test(
    "loads the firewall of the current release", arguments: Shell.allCases, ["boot", "firewall"])
  func firewall(_ shell: Shell, _ word: String) throws {
    let result = try shell.run(
      start + "mkdir -p /run/systemd/system; by_itself \(word); echo $?; told",
      in: try host())
    #expect(result.output == "0\n8, , 7 8 \nnft -f -\nloads R/releases/8/firewall.nft\n")
  }
}
