import Foundation
import Testing

@testable import Execution

@Suite("The host's transaction")
struct TransactionScriptTests {
  private let start = """
    mode=install is_staged=yes release=8 previous=7 staged=$root/releases/8 who=ann@laptop
    patience=4321
    mkdir -p "$work" "$staged" "$root/releases/7"
    ln -s releases/7 "$root/current"

    """

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
      start + """
        mkdir -p "$root/releases/7/tls/sites"
        echo key > "$root/releases/7/tls/sites/a b.key"; chmod 600 "$root/releases/7/tls/sites/a b.key"
        echo rules > "$root/releases/7/firewall.nft"
        printf '%s\\n' 'tls/sites/a b.key' firewall.nft > "$staged/keep"
        keep_files && cat "$staged/firewall.nft" "$staged/tls/sites/a b.key" && stat -c %a "$staged/tls/sites/a b.key"
        [ -e "$staged/keep" ] || echo moved
        echo tls/none.key > "$staged/keep"; keep_files 2> /dev/null || echo missing
        """, in: Folder())
    #expect(result.output == "rules\nkey\n600\nmoved\nmissing\n")
  }

  @Test("finds a file that arrived damaged or not at all", arguments: Shell.allCases)
  func checkDigests(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkdir "$staged/tls"; echo a > "$staged/firewall.nft"; echo b > "$staged/tls/x.key"
        { echo deploy-manifest 2; (cd "$staged"; sha256sum firewall.nft tls/x.key) |
          sed 's/^\\([0-9a-f]*\\)  /file \\1 0600 /'; echo end; } > "$staged/manifest"
        check_digests && echo whole
        echo c > "$staged/tls/x.key"; check_digests 2> /dev/null || echo damaged
        rm "$staged/tls/x.key"; check_digests > /dev/null 2>&1 || echo missing
        """, in: Folder())
    #expect(result.output == "whole\ntls/x.key: FAILED\ndamaged\nmissing\n")
  }

  @Test("leaves nothing of what was staged but its manifest", arguments: Shell.allCases)
  func discard(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        echo end > "$staged/manifest"; mkdir "$staged/tls"; echo secret > "$staged/tls/x.key"
        discard; cat "$root/discarded/8"; rm -r "$root/discarded"; find "$root" "$run" | sed "s#$folder/##" | sort | tr '\\n' ' '
        rm -r "$root"; mkdir -p "$root/releases/8"; discard; [ -e "$root" ] || echo nothing
        mkdir -p "$root/releases/8"; ln -s releases/8 "$root/current"; discard; ls "$root/releases"
        """, in: Folder())
    #expect(
      result.output == "end\nroot root/current root/releases root/releases/7 run nothing\n8\n")
  }

  @Test("keeps each discarded manifest that knows something", arguments: Shell.allCases)
  func discardKeeps(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        try() { mkdir -p "$staged"; printf "$1" > "$staged/manifest"; discard; }
        try 'issued a\n'; ls "$root"; cd "$root"
        try 'issued a\nend\n'; try 'issued b\nend\n'; try 'issued b\nrevoked c\nend\n'; try 'issued c\nen'
        grep '' discarded/*
        """#, in: Folder())
    #expect(
      result.output == """
        current
        releases
        discarded/8:issued a
        discarded/8:end
        discarded/9:issued b
        discarded/9:revoked c
        discarded/9:end

        """)
    #expect(result.error == "")
  }

  @Test(
    "leaves a release that was there before it", arguments: Shell.allCases, ["restore", "remove"])
  func discardStaysAway(_ shell: Shell, _ mode: String) throws {
    let result = try shell.run(
      start
        + "mode=\(mode) is_staged=; discard; ls \"$root/releases\"; [ -e \"$work\" ] || echo tidy",
      in: Folder())
    #expect(result.output == "7\n8\ntidy\n")
  }

  @Test("is refused where another one holds the lock, who is named", arguments: Shell.allCases)
  func lock(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        (who=ann@laptop; lock; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done) &
        until [ -e "$folder/held" ]; do :; done
        (who=bob@desk; lock; echo entered)
        : > "$folder/done"; wait
        (who=bob@desk; lock; echo entered; cat "$run/holder")
        """, in: Folder())
    #expect(result.output == "@deploy refused locked ann@laptop\nentered\nbob@desk\n")
  }

  @Test("tells who it waits for, as often as it is told to", arguments: Shell.allCases)
  func waiting(_ shell: Shell) throws {
    let result = try shell.run(
      """
      DEPLOY_LOCK_TRIES=3; who=bob@desk; flock() { return 1; }
      mkdir -p "$run"; echo ann@laptop > "$run/holder"; lock
      """, in: Folder())
    #expect(
      result.output == """
        @deploy waiting ann@laptop
        @deploy waiting ann@laptop
        @deploy refused locked ann@laptop

        """)
  }

  @Test(
    "ends when the controller is silent for too long, and leaves no process",
    arguments: Shell.allCases)
  func silentController(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; trap "" PIPE; DEPLOY_HEARTBEAT=1
           mode=install is_staged=yes release=8 staged=$root/releases/8; trap abandon TERM; watch_controller 4321
           await_word <&3; echo "heard $word"' sh "$folder/functions")
        [ -e "$staged" ] || echo discarded
        alone
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\nalone\n")
  }

  @Test("waits as long as the controller says so, each time anew", arguments: Shell.allCases)
  func heartbeat(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.write("word", "wait\nwait\ngo\nrest\n")
    let result = try shell.run(
      start + """
        watch_controller() { watches="$watches${1:+ $1}"; }
        watches= DEPLOY_HEARTBEAT=17; watch_controller 120
        { await_word; read -r rest; } < "$folder/word"
        echo "$watches, then $rest"; kill %1 2>/dev/null; alone
        """, in: folder)
    #expect(result.output == " 120 17 17 17, then rest\nalone\n")
  }

  @Test("ends when the stream stops in the middle", arguments: Shell.allCases)
  func silentStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; set -u
           mode=install is_staged=yes release=9 previous=7 size=10240 staged=$root/releases/9
           patience=4321 DEPLOY_STALL=1
           trap abandon TERM; watch_controller 4321; stage <&3; echo "staged after all"' \
           sh "$folder/functions")
        [ -e "$root/releases/9" ] || echo discarded
        alone; pgrep -l 'head|tar'
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\nalone\n")
  }

  @Test("waits for as long as a stream goes on", arguments: Shell.allCases)
  func slowStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkdir "$folder/grows"; count() { ls "$folder/grows" | wc -l; }
        sleep() { [ "$(count)" -ge 5 ] || mktemp "$folder/grows/XXXXXX" > /dev/null; }
        trap 'count; alone; exit' TERM
        watch_controller 1 "$folder/grows"; while :; do :; done
        """, in: Folder())
    #expect(result.output == "5\nalone\n")
  }

  @Test("refuses a stream that is cut", arguments: Shell.allCases)
  func cutStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        is_staged=; head -c 2000 /dev/zero > "$work/file"
        tar -c -f "$folder/whole" -C "$work" file; size=$(wc -c < "$folder/whole")
        head -c 1024 "$folder/whole" > "$folder/cut"
        (stage < "$folder/cut") > "$folder/said"; sed 's/^| .*/words/' "$folder/said" | uniq
        ls "$root/releases"; [ -e "$work" ] || echo tidy
        """, in: Folder())
    #expect(
      result.output == "words\n@deploy refused staging\n7\ntidy\n")
  }

  @Test("says which release it is to restore, and its digest", arguments: Shell.allCases)
  func restores(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mode=restore is_staged=; digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
        echo x > "$staged/a"; echo "file $(digest "$staged/a") 0644 a" > "$staged/manifest"
        (stage; kill "$watcher") > "$folder/said"
        sed "s/$(digest "$staged/manifest")/its/" "$folder/said"
        """, in: Folder())
    #expect(result.output == "@deploy restores 8:its\n@deploy staged\n")
  }

  @Test("has no watcher and no sleep of it when the word came", arguments: Shell.allCases)
  func watcherEnds(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        watch_controller 4321; pgrep -x -f 'sleep 4321' > /dev/null && echo watching
        echo go > "$folder/word"; await_word < "$folder/word"
        alone; echo "none:$watcher"
        """, in: Folder())
    #expect(result.output == "watching\nalone\nnone:\n")
  }

  @Test("has no watcher that it began a moment before either", arguments: Shell.allCases)
  func watchersEnd(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.write("word", "wait\nwait\ngo\n")
    let result = try shell.run(
      start + """
        for round in 0 1 2 3 4 5 6 7 8 9; do
          trap abandon TERM; watch_controller 4321; await_word < "$folder/word"; trap - TERM
        done; alone
        """, in: folder)
    #expect(result.output == "alone\n")
  }

  @Test(
    "takes any other word for none", arguments: Shell.allCases,
    ["", "no\n", "go", "go \n", "GO\n", "wait", "wait\n", "wait\ngo", " wait\n", "\ngo\n"])
  func otherWords(_ shell: Shell, _ word: String) throws {
    let folder = try Folder()
    try folder.write("word", word)
    let result = try shell.run(
      start + "watcher=; await_word < \"$folder/word\" 2> /dev/null; echo went", in: folder)
    #expect(result.output == "@deploy refused abandoned\n")
  }

  @Test(
    "puts an interrupted switch back before anything else", arguments: Shell.allCases,
    ["pending", "undoing"])
  func recover(_ shell: Shell, _ state: String) throws {
    let folder = try Folder()
    try folder.records("nft")
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install switching x' > "$root/\(state)"
        release=9; recover; flock -n "$run/switch" echo free
        readlink "$root/current"; ls "$root"; ls "$root/releases"; cat "$root/verdict"
        """, in: folder)
    #expect(
      result.output == """
        @deploy recovering 7
        free
        releases/7
        current
        releases
        verdict
        7
        8 reverted it was cut off

        """)
  }

  @Test("says so where an interrupted switch cannot be put back", arguments: Shell.allCases)
  func recoverFails(_ shell: Shell) throws {
    let folder = try Folder()
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
        @deploy refused broken 7
        8 7 install applied x

        """)
  }

  @Test("finishes a confirmation that was cut off", arguments: Shell.allCases)
  func recoverConfirming(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install applied x' > "$root/confirming"
        recover; current_release; cat "$root/verdict"; ls "$root"
        rm -r "$root/current"; echo '0 8 remove applied x' > "$root/confirming"
        recover; [ -e "$root" ] || echo nothing
        """, in: Folder())
    #expect(result.output == "8\n8 confirmed\ncurrent\nreleases\nverdict\nnothing\n")
  }

  @Test("waits for whoever ends what was cut off", arguments: Shell.allCases)
  func recoverWaits(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        ln -sfn releases/8 "$root/current"; echo '8 7 install applied x' > "$root/confirming"
        (hold_switch; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done
         echo finished) & until [ -e "$folder/held" ]; do :; done
        (recover; echo went) & until pgrep -x flock > /dev/null; do :; done
        : > "$folder/done"; wait
        """, in: Folder())
    #expect(result.output == "finished\nwent\n")
  }

  @Test(
    "goes back where the new firewall cannot be loaded, and stays undoing where it cannot",
    arguments: Shell.allCases)
  func firewallFails(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.program(
      "nft", #"case "$*$(cat)" in *releases/8*) echo wrong >&2; exit 1;; esac"#)
    let switching =
      start + """
        echo '8 7 install switching x' > "$root/pending"
        : > "$staged/firewall.nft"; (switch); readlink "$root/current"
        [ -e "$staged" ] || echo discarded; [ -e "$root/pending" ] || echo settled
        cat "$root/verdict" "$root/undoing" 2> /dev/null

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
    let other = try Folder()
    try other.program("nft", "echo wrong >&2; exit 1")
    #expect(
      try shell.run(switching, in: other).output == """
        @deploy switching
        | wrong
        | wrong
        @deploy broken 7
        releases/7
        settled
        8 7 install switching x

        """)
  }

  @Test(
    "is pending and applied when it is in force, and no longer staged", arguments: Shell.allCases)
  func applied(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.records("nft")
    let result = try shell.run(
      start + """
        echo '8 7 install switching ann@laptop' > "$root/pending"
        (switch); cat "$root/pending"; readlink "$root/current"; [ -e "$work" ] || echo tidy
        """, in: folder)
    #expect(
      result.output == """
        @deploy switching
        @deploy applied 8
        8 7 install applied ann@laptop
        releases/8
        tidy

        """)
  }

  private func folderWithFunctions() throws -> Folder {
    let folder = try Folder()
    try folder.write("functions", HostProgram.functions)
    return folder
  }
}
