import Foundation
import Testing

@testable import Execution

@Suite("The host's transaction")
struct TransactionScriptTests {
  private let start = """
    release=8 previous=7 staged=$root/releases/8 who=ann@laptop
    mkdir -p "$work" "$staged" "$root/releases/7"
    ln -s releases/7 "$root/current"

    """

  @Test("names the program that holds a port of the release", arguments: Shell.allCases)
  func checkPorts(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        nginx_master() { return 1; }
        ports=8443; check_ports; echo free
        ports=; check_ports; echo none
        busybox nc -l -p 8443 > /dev/null 2>&1 < /dev/null & listener=$!
        until grep -q ':20FB .* 0A ' /proc/net/tcp /proc/net/tcp6; do :; done
        ports=80,8443; (check_ports); [ -e "$staged" ] || echo discarded
        nginx_master() { echo "$listener"; }
        check_ports; echo own
        kill "$listener"
        echo "$listener"
        """, in: Folder())
    let lines = result.output.split(separator: "\n")
    let listener = try #require(lines.last)
    #expect(
      lines.dropLast() == [
        "free", "none", "@deploy refused port 8443 busybox (process \(listener))", "discarded",
        "own",
      ])
  }

  @Test("keeps files of the release before as they are", arguments: Shell.allCases)
  func keepFiles(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        mkdir -p "$root/releases/7/tls/sites"
        echo key > "$root/releases/7/tls/sites/a b.key"; chmod 600 "$root/releases/7/tls/sites/a b.key"
        echo 'tls/sites/a b.key' > "$staged/keep"
        keep_files && cat "$staged/tls/sites/a b.key" && stat -c %a "$staged/tls/sites/a b.key"
        [ -e "$staged/keep" ] || echo gone
        echo tls/none.key > "$staged/keep"; keep_files 2> /dev/null || echo missing
        """, in: Folder())
    #expect(result.output == "key\n600\ngone\nmissing\n")
  }

  @Test("finds a file that arrived damaged or not at all", arguments: Shell.allCases)
  func checkDigests(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        mkdir "$staged/tls"; echo a > "$staged/firewall.nft"; echo b > "$staged/tls/x.key"
        { echo deploy-manifest 1; (cd "$staged"; sha256sum firewall.nft tls/x.key) |
          sed 's/^\\([0-9a-f]*\\)  /file \\1 0600 /'; echo end; } > "$staged/manifest"
        check_digests && echo whole
        echo c > "$staged/tls/x.key"; check_digests 2> /dev/null || echo damaged
        rm "$staged/tls/x.key"; check_digests > /dev/null 2>&1 || echo missing
        """, in: Folder())
    #expect(result.output == "whole\ntls/x.key: FAILED\ndamaged\nmissing\n")
  }

  @Test("keeps the release in force and the four before it", arguments: Shell.allCases)
  func prune(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        for n in 1 2 3 9 10 11; do mkdir "$root/releases/$n"; done; mkdir "$root/releases/notes"
        release=10; prune; ls "$root/releases" | sort -n | tr '\\n' ' '
        release=0; prune; [ -e "$root" ] || echo nothing
        """, in: Folder())
    #expect(result.output == "notes 7 8 9 10 11 nothing\n")
  }

  @Test("leaves nothing of what was staged", arguments: Shell.allCases)
  func discard(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        discard; find "$root" "$run" | sed "s#$folder/##" | sort | tr '\\n' ' '
        rm -r "$root"; mkdir -p "$root/releases/8"; discard; [ -e "$root" ] || echo nothing
        mkdir -p "$root/releases/8"; ln -s releases/8 "$root/current"; discard; ls "$root/releases"
        """, in: Folder())
    #expect(result.output == "root root/current root/releases root/releases/7 run nothing\n8\n")
  }

  @Test("is refused where another one holds the lock, who is named", arguments: Shell.allCases)
  func lock(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        (who=ann@laptop; lock; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done) &
        until [ -e "$folder/held" ]; do :; done
        (who=bob@desk; lock; echo entered)
        : > "$folder/done"; wait
        (who=bob@desk; lock; echo entered; cat "$run/holder")
        """, in: Folder())
    #expect(result.output == "@deploy refused locked ann@laptop\nentered\nbob@desk\n")
  }

  @Test(
    "ends when the controller is silent for too long, and leaves no process",
    arguments: Shell.allCases)
  func silentController(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; trap "" PIPE
           release=8 staged=$root/releases/8; trap abandon TERM; DEPLOY_BEAT=$2; watch_controller 1
           IFS= read -r word <&3; echo "heard $word"' sh "$folder/functions" "1.0$$")
        [ -e "$staged" ] || echo discarded
        pgrep -f "^sleep 1.0$$" || echo alone
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\nalone\n")
  }

  @Test("ends when the stream stops in the middle", arguments: Shell.allCases)
  func silentStream(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; set -u
           release=9 previous=7 size=10240 staged=$root/releases/9
           trap abandon TERM; watch_controller 1; stage <&3; echo "staged after all"' \
           sh "$folder/functions")
        [ -e "$root/releases/9" ] || echo discarded
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\n")
  }

  @Test("has no watcher and no sleep of it when the word came", arguments: Shell.allCases)
  func watcherEnds(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      start + """
        watch_controller 4321
        until grep -qs sleep $(children "$watcher" | sed 's#.*#/proc/&/cmdline#'); do :; done
        sleeper=$(children "$watcher"); ended=$watcher
        echo go > "$folder/word"; await_word < "$folder/word"
        wait "$ended"; until ! grep -qs sleep "/proc/$sleeper/cmdline"; do :; done; echo ended
        """, in: Folder())
    #expect(result.output == "ended\n")
  }

  @Test(
    "takes any other word for none", arguments: Shell.allCases, ["", "no\n", "go", "go \n", "GO\n"])
  func otherWords(_ shell: Shell, _ word: String) throws {
    let folder = try Folder()
    try folder.write("word", word)
    let result = try shell.run(
      .transaction, start + "await_word < \"$folder/word\"; echo went", in: folder)
    #expect(result.output == "@deploy refused abandoned\n")
  }

  @Test("puts an interrupted switch back before anything else", arguments: Shell.allCases)
  func recover(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.program("nft", "exit 0")
    let result = try shell.run(
      .transaction,
      start + """
        nginx_master() { return 1; }
        ln -sfn releases/8 "$root/current"; echo 7 > "$root/pending"
        previous=$(current_release); recover
        readlink "$root/current"; [ -e "$root/pending" ] || echo settled
        """, in: folder)
    #expect(result.output == "@deploy recovering 7\nreleases/7\nsettled\n")
  }

  @Test(
    "goes back where the new firewall cannot be loaded, and stays pending where it cannot",
    arguments: Shell.allCases)
  func firewallFails(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.program(
      "nft", #"case "$*" in *releases/8*) echo wrong >&2; exit 1;; esac; cat >/dev/null"#)
    let switching =
      start + """
        nginx_master() { return 1; }; who=x; watcher=
        : > "$staged/firewall.nft"; (switch); readlink "$root/current"
        [ -e "$staged" ] || echo discarded; [ -e "$root/pending" ] || echo settled

        """
    #expect(
      try shell.run(.transaction, switching, in: folder).output
        == "@deploy switching\n| wrong\n@deploy reverted firewall\nreleases/7\ndiscarded\nsettled\n"
    )
    let other = try Folder()
    try other.program("nft", "echo wrong >&2; exit 1")
    #expect(
      try shell.run(.transaction, switching, in: other).output
        == "@deploy switching\n| wrong\n@deploy broken 7\nreleases/7\n")
  }

  private func folderWithFunctions() throws -> Folder {
    let folder = try Folder()
    try folder.write("functions", HostScript.transaction.functions)
    return folder
  }
}
