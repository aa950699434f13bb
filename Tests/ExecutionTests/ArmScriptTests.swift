import TestSupport
import Testing

@testable import Execution

@Suite("Arming the rollback")
struct ArmScriptTests {
  /// A transaction that has the lock and the go signal, on a host with current release 7.
  private let start = #"""
    mode=install is_staged=yes release=8 previous=7 staged=$root/releases/8 who=ann@laptop window=100 ports= digest=ab
    mkdir -p "$staged" "$root/releases/7"; ln -s releases/7 "$root/current"
    lock; mkdir -p "$work"
    timers() { pgrep "$@" -f "undo[.]sh timers 100 8"; }
    session() { cut -d ' ' -f 6 "/proc/$1/stat"; }

    """#

  @Test("records what is pending before anything is switched", arguments: Shell.allCases)
  func pending(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        start_timers() { echo "timers: $(cat "$root/pending"), $(linked_release)"; }
        arm; cat "$root/pending"; linked_release; current_release; ls "$root"
        cmp "$root/undo.sh" "$host_program" && flock -n "$run/switch" true || echo held
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        timers: 8 7 install ab ann@laptop, 7
        8 7 install ab ann@laptop
        7
        7
        current
        pending
        releases
        undo.sh
        held

        """)
  }

  @Test(
    "starts two timers in a session of their own, which keep the lock until the result is decided",
    arguments: Shell.allCases)
  func timers(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        arm
        read -r first < "$run/timers"
        until [ "$(session "$first")" = "$first" ]; do :; done; echo first
        # Its child may still be about to become a program.
        until second=$(timers -P "$first") && [ "$(session "$second" 2> /dev/null)" = "$first" ]; do :; done
        echo second
        exec 8>&- 9>&-
        flock -n "$run/switch" echo 'may switch'
        kill -HUP "$first" "$second"; kill -9 "$first"; wait "$first"
        flock -n "$run/lock" true || echo held
        mv "$root/pending" "$root/undoing"; kill -0 "$second"
        flock -n "$run/lock" true || echo held
        rm "$root/undoing"; wait "$second"; until flock -n "$run/lock" echo free; do :; done
        alone
        """#, in: TemporaryFolder())
    #expect(result.output == "first\nsecond\nmay switch\nheld\nheld\nfree\nalone\n")
  }

  @Test("also starts a timer of systemd if there is systemd", arguments: Shell.allCases)
  func systemd(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("systemctl")
    try folder.records("systemd-run")
    let result = try shell.run(
      start + #"""
        start_timers() { :; }; mkdir -p /run/systemd/system; arm
        sed "s#$root#R#" "$folder/calls"; (cd "$units"; find . ! -type d | sort)
        """#, in: folder)
    #expect(
      result.output == """
        systemctl daemon-reload
        systemd-run --quiet --collect --unit=deploy-undo-8 --on-active=102 \
        --timer-property=AccuracySec=100ms /bin/sh R/undo.sh now 8
        ./deploy.service
        ./nftables.service.d/deploy.conf
        ./sysinit.target.wants/deploy.service

        """)
  }

  @Test(
    "leaves nothing behind if it fails", arguments: Shell.allCases,
    ["mkdir \"$root/pending.new\"", "rm \"$host_program\"", "write_units() { false; }"])
  func failing(_ shell: Shell, _ fault: String) throws {
    let result = try shell.run(
      start + fault + "\n" + #"""
        (arm; echo armed) | sed 's/^| .*/words/' | uniq; timers || echo alone
        rmdir "$root/pending.new" 2> /dev/null; (cd "$root"; find . | grep -v undo.sh | sort)
        """#, in: TemporaryFolder())
    #expect(
      result.output.replacing("words\n", with: "")
        == "@deploy refused no-space\nalone\n.\n./current\n./releases\n./releases/7\n")
  }

  @Test("leaves a bare host bare if it fails", arguments: Shell.allCases)
  func failingFirst(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.program("systemctl", "echo 'no bus' >&2; exit 1")
    let result = try shell.run(
      start + #"""
        rm -r "$root/current" "$root/releases/7"; previous=0; mkdir -p /run/systemd/system
        (arm; echo armed); timers || echo alone
        [ -e "$root" ] || [ -e "$work" ] || echo bare; (cd "$units"; find . ! -type d)
        """#, in: folder)
    #expect(result.output == "| no bus\n@deploy refused no-space\nalone\nbare\n")
  }

  /// The arguments of a whole transaction behind mode, release and fingerprint, and what it installs.
  private let whole = #"""
    mkdir -p "$folder/tree"
    echo rules > "$folder/tree/firewall.nft"
    (cd "$folder/tree"; sha256sum firewall.nft) | sed 's/  / 0644 /; s/^/file /' \
      > "$folder/tree/manifest"
    stream() {
      : > "$folder/stream"; [ "$1" = empty ] || (cd "$folder/$1"; tar -c -f "$folder/stream" *)
      size=$(wc -c < "$folder/stream"); printf "$2" >> "$folder/stream"
    }
    transacts() {
      $shell "$host_program" transaction mode="$1" release="$2" expected="$3" digest= kept=0 size="$size" patience=120 \
        window="$4" ports= who=ann@laptop < "$folder/stream" | sed '/^@deploy version /d'
    }
    confirms() {
      $shell "$host_program" confirm release="$1" keep=5 digest= | sed '/^@deploy version /d'
    }
    settled() { until flock -n "$run/lock" echo settled; do :; done; }

    """#

  @Test("is followed by a confirmation, and the whole by a removal", arguments: Shell.allCases)
  func wholeTransaction(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      whole + #"""
        stream tree 'wait\ngo\n'; transacts install 1 none 100; cat "$root/pending"
        flock -n "$run/lock" true || echo held; linked_release; current_release
        confirms 1; settled; ls "$root" "$root/releases/1"
        stream empty 'go\n'; transacts remove 0 "$(fingerprint 1)" 100
        confirms 0; settled; [ -e "$root" ] || echo bare
        alone
        """#, in: folder)
    let switched = "@deploy staged\n@deploy prepared\n@deploy switching\n@deploy applied "
    #expect(
      result.output.replacing("\(folder.path)/", with: "") == """
        \(switched)1
        1 0 install - ann@laptop
        held
        1
        0
        @deploy confirmed 1
        settled
        root:
        current
        releases
        result
        undo.sh

        root/releases/1:
        before
        firewall.listing
        firewall.nft
        manifest
        \(switched)0
        @deploy confirmed 0
        settled
        bare
        alone

        """)
    #expect(result.error == "")
  }

  @Test("is followed by a rollback without a confirmation", arguments: Shell.allCases)
  func unconfirmed(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      whole + #"""
        stream tree 'go\n'; transacts install 1 none 100 > /dev/null
        confirms 1 > /dev/null; settled
        echo others > "$folder/tree/firewall.nft"
        (cd "$folder/tree"; sha256sum firewall.nft) | sed 's/  / 0644 /; s/^/file /' \
          > "$folder/tree/manifest"
        stream tree 'go\n'; transacts install 2 "$(fingerprint 1)" 0 | tail -n 1; settled
        linked_release; cat "$root/result"; ls "$root/releases"
        stream empty 'go\n'; transacts remove 0 "$(fingerprint 1)" 0 | tail -n 1; settled
        linked_release; cat "$root/result"; ls "$root/releases"; : > "$folder/calls"
        stream empty 'no\n'; transacts remove 0 "$(fingerprint 1)" 0 | tail -n 1; settled
        transacts remove 0 1:aa 0 | cut -d ' ' -f 1-3; linked_release; cat "$folder/calls"
        """#, in: folder)
    #expect(
      result.output == """
        settled
        @deploy applied 2
        settled
        1
        2 reverted it was not confirmed in time
        1
        @deploy applied 0
        settled
        1
        0 reverted it was not confirmed in time
        1
        @deploy refused abandoned
        settled
        @deploy refused changed
        1

        """)
  }

  @Test("syncs to disk what must survive a power failure", arguments: Shell.allCases)
  func onDisk(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    try folder.records(
      "sync", #"[ -e "$root/pending" ] && echo pending >> "$folder/calls"; :"#)
    let result = try shell.run(
      whole + #"""
        export root; stream tree 'go\n'; transacts install 1 none 100 > /dev/null 2>&1
        sed "s#$root#R#g; /^nft/d" "$folder/calls" | while IFS= read -r call; do
          echo "$call" | tr ' ' '\n' | sort | tr '\n' ' '; echo
        done; write_include; grep conf.d "$folder/calls" | sed "s#$folder/##"; : > "$folder/calls"
        confirms 1
        sed "s#$root#R#g" "$folder/calls"
        """#, in: folder)
    #expect(
      result.output == """
        . firewall.nft manifest sync\u{20}
        R R/pending.new R/undo.sh sync\u{20}
        sync nginx/conf.d/deploy.conf.new
        @deploy confirmed 1
        logger -t deploy release 1 confirmed
        sync R R/result

        """)
  }

  @Test("happens only on the go signal; a truncated stream is dropped", arguments: Shell.allCases)
  func cut(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let result = try shell.run(
      whole + #"""
        stream tree 'go\n'; mv "$folder/stream" "$folder/whole"; for length in 0 1 512 1536 "$((size / 4))" "$size" "$((size + 2))"; do
          head -c "$length" "$folder/whole" > "$folder/stream"; transacts install 1 none 100 2>&1 | grep -v '^| ' | tr '\n' ' '; [ -e "$root" ] || echo bare
          mkdir -p "$root"
        done; alone
        """#, in: folder)
    let refused = "@deploy refused staging bare\n"
    let abandoned = "@deploy staged @deploy prepared @deploy refused abandoned bare\n"
    #expect(
      result.output == String(repeating: refused, count: 4)
        + String(repeating: abandoned, count: 3) + "alone\n")
  }
}
