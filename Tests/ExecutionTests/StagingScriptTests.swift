import Foundation
import TestSupport
import Testing

@testable import Execution

@Suite("Staging a release")
struct StagingScriptTests {
  private let start = TransactionScene.start

  @Test(
    "keeps files of the previous release unchanged, with any cp", arguments: Shell.allCases,
    ["exec /usr/bin/cp \"$@\"", "case $* in *--parents*) exit 1 ;; esac; exec /usr/bin/cp \"$@\""])
  func keepFiles(_ shell: Shell, _ cp: String) throws {
    let folder = try TemporaryFolder()
    try folder.program("cp", cp)
    let result = try shell.run(
      start + """
        mkdir -p "$root/releases/7/tls/sites"
        echo key > "$root/releases/7/tls/sites/a b.key"; chmod 600 "$root/releases/7/tls/sites/a b.key"
        echo rules > "$root/releases/7/firewall.nft"
        keep_files 'tls/sites/a b.key' firewall.nft && cat "$staged/firewall.nft" "$staged/tls/sites/a b.key" && stat -c %a "$staged/tls/sites/a b.key"
        keep_files; keep_files tls/none.key 2> /dev/null || echo missing
        """, in: folder)
    #expect(result.output == "rules\nkey\n600\nmissing\n")
  }

  @Test("finds a file that arrived damaged or not at all", arguments: Shell.allCases)
  func checkDigests(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkdir "$staged/tls"; echo a > "$staged/firewall.nft"; echo b > "$staged/tls/x.key"
        { echo deploy-manifest 2; (cd "$staged"; sha256sum firewall.nft tls/x.key) |
          sed 's/^\\([0-9a-f]*\\)  /file \\1 0600 /'; echo end; } > "$staged/manifest"
        check_digests && echo whole
        digest=$(sha256sum < "$staged/manifest"); digest=${digest%% *}; check_digests && echo meant
        digest=$(echo x | sha256sum); digest=${digest%% *}; check_digests; digest=''
        echo c > "$staged/tls/x.key"; check_digests 2> /dev/null || echo damaged
        rm "$staged/tls/x.key"; check_digests > /dev/null 2>&1 || echo missing
        """, in: TemporaryFolder())
    #expect(
      result.output
        == "whole\nmeant\nmanifest: FAILED\ntls/x.key: FAILED\ndamaged\nmissing\n")
  }

  @Test("leaves only the manifest of a discarded release", arguments: Shell.allCases)
  func discard(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        echo end > "$staged/manifest"; mkdir "$staged/tls"; echo secret > "$staged/tls/x.key"
        discard; cat "$root/discarded/8"; rm -r "$root/discarded"; find "$root" "$run" | sed "s#$folder/##" | sort | tr '\\n' ' '
        rm -r "$root"; mkdir -p "$root/releases/8"; discard; [ -e "$root" ] || echo nothing
        mkdir -p "$root/releases/8"; ln -s releases/8 "$root/current"; discard; ls "$root/releases"
        """, in: TemporaryFolder())
    #expect(
      result.output == "end\nroot root/current root/releases root/releases/7 run nothing\n8\n")
  }

  @Test("keeps each discarded manifest with certificates or revocations", arguments: Shell.allCases)
  func discardKeeps(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        try() { mkdir -p "$staged"; printf "$1" > "$staged/manifest"; discard; }
        try 'issued a\n'; ls "$root"
        try 'issued a\nend\n'; try 'issued b\nend\n'; try 'issued b\nrevoked c\nend\n'; try 'issued c\nen'
        cd "$root"; grep '' discarded/*
        """#, in: TemporaryFolder())
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

  @Test("ends when the stream stops in the middle", arguments: Shell.allCases)
  func silentStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkfifo "$folder/stream"; exec 3<> "$folder/stream"
        (exec \(shell) -c '. "$1"; set -u
           mode=install is_staged=yes release=9 previous=7 size=10240 staged=$root/releases/9
           digest="" kept=0 patience=4321 stall=1
           trap abandon TERM; watch_controller 4321; stage <&3; echo "staged after all"' \
           sh "$folder/functions")
        [ -e "$root/releases/9" ] || echo discarded
        alone; pgrep -l 'head|tar'
        """, in: try folderWithFunctions())
    #expect(result.output == "@deploy refused abandoned\ndiscarded\nalone\n")
  }

  @Test("waits as long as a stream continues", arguments: Shell.allCases)
  func slowStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mkdir "$folder/grows"; count() { ls "$folder/grows" | wc -l; }
        sleep() { [ "$(count)" -ge 5 ] || mktemp "$folder/grows/XXXXXX" > /dev/null; }
        trap 'count; alone; exit' TERM
        watch_controller 1 "$folder/grows"; while :; do :; done
        """, in: TemporaryFolder())
    #expect(result.output == "5\nalone\n")
  }

  @Test("refuses a truncated stream", arguments: Shell.allCases)
  func cutStream(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        is_staged=; head -c 2000 /dev/zero > "$work/file"
        tar -c -f "$folder/whole" -C "$work" file; size=$(wc -c < "$folder/whole")
        head -c 1024 "$folder/whole" > "$folder/cut"
        (stage < "$folder/cut") > "$folder/said"; sed 's/^| .*/words/' "$folder/said" | uniq
        ls "$root/releases"; [ -e "$work" ] || echo tidy
        """, in: TemporaryFolder())
    #expect(
      result.output == "words\n@deploy refused staging\n7\ntidy\n")
  }

  @Test("reports the release to restore, and its digest", arguments: Shell.allCases)
  func restores(_ shell: Shell) throws {
    let result = try shell.run(
      start + """
        mode=restore is_staged=; digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
        echo x > "$staged/a"; echo "file $(digest "$staged/a") 0644 a" > "$staged/manifest"
        (stage; kill "$watcher") > "$folder/said"
        sed "s/$(digest "$staged/manifest")/its/" "$folder/said"
        """, in: TemporaryFolder())
    #expect(result.output == "@deploy restores 8:its\n@deploy staged\n")
  }

  private func folderWithFunctions() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(HostProgram.functions, to: "functions")
    return folder
  }
}
