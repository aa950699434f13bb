import Foundation
import TestSupport
import Testing

@testable import Execution

@Suite("The shared functions of the host program")
struct HostScriptTests {
  @Test("is clean for shellcheck")
  func shellcheck() throws {
    let folder = try TemporaryFolder()
    try folder.write(HostProgram.source, to: "program")
    let result = try Shell.run(["shellcheck", "-s", "sh", folder.path + "/program"])
    #expect(result.output == "")
    #expect(result.status == 0)
  }

  @Test(
    "knows the confirmed release, and the one that the link points to", arguments: Shell.allCases)
  func currentRelease(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      told() { echo "$1 $(current_release) $(linked_release)"; }
      told bare
      mkdir -p "$root/releases/7" "$root/releases/8"
      ln -s releases/7 "$root/current"; told before
      echo '8 7 install switching ann@laptop' > "$root/pending"; told armed
      ln -sfn releases/8 "$root/current"; told switched
      mv "$root/pending" "$root/undoing"; told undoing
      mv "$root/undoing" "$root/confirming"; told confirming
      rm "$root/confirming"; told confirmed
      rm "$root/current"; echo '8 0 install switching x' > "$root/pending"; told first
      """#, in: TemporaryFolder())
    #expect(
      result.output == """
        bare 0 0
        before 7 7
        armed 7 7
        switched 7 8
        undoing 7 8
        confirming 8 8
        confirmed 8 8
        first 0 0

        """)
    #expect(result.error == "")
  }

  @Test("reads the words of the progress file", arguments: Shell.allCases)
  func readProgress(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      told() { read_progress pending; echo "$at_release,$at_before,$at_mode,$at_digest"; }
      told; echo '8 7 restore ab ann@laptop of shop' > "$root/pending"
      told; rm "$root/pending"; told
      """#, in: TemporaryFolder())
    #expect(result.output == ",,,\n8,7,restore,ab\n,,,\n")
    #expect(result.error == "")
  }

  @Test("records the result of a transaction, here and in the log", arguments: Shell.allCases)
  func recordResult(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      record_result 8 confirmed; cat "$root/result"
      record_result 9 reverted 'it was not confirmed in time'; cat "$root/result"
      ls "$root"; cat "$folder/calls"
      """#, in: TemporaryFolder())
    #expect(
      result.output == """
        8 confirmed
        9 reverted it was not confirmed in time
        result
        logger -t deploy release 8 confirmed
        logger -t deploy release 9 reverted it was not confirmed in time

        """)
  }

  @Test("makes a fingerprint of a release's manifest", arguments: Shell.allCases)
  func fingerprint(_ shell: Shell) throws {
    let result = try shell.run(
      """
      fingerprint 0
      mkdir -p "$root/releases/7"; fingerprint 7
      printf abc > "$root/releases/7/manifest"; fingerprint 7
      """, in: TemporaryFolder())
    #expect(
      result.output
        == "none\n7:\n7:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n")
  }

  @Test("includes the current release and nothing else", arguments: Shell.allCases)
  func includeText(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run("include_text", in: folder)
    #expect(
      result.output == """
        # Managed by deploy; what is served here is in \(folder.path)/root/current.
        include \(folder.path)/root/current/nginx/deploy.conf;

        """)
  }

  /// A process with nginx's title that holds files open; its number is in `$master`.
  private func master(holding files: String) -> String {
    """
    mkdir -p "$root/releases/3/nginx" "$root/releases/12/nginx" "$nginx_folder"
    : > "$root/releases/3/nginx/served"; : > "$root/releases/12/nginx/served"
    : > "$root/releases/3/nginx/other"
    bash -c 'exec -a "nginx: master process x" sleep 100' \(files) > /dev/null 2>&1 & master=$!
    printf 'worker_processes 1;\\n  pid  %s ;\\n' "$folder/nginx.pid" > "$nginx_folder/nginx.conf"
    # The shell that becomes it has this text among its arguments before it opens anything.
    until grep -q '^nginx: master' "/proc/$master/cmdline"; do :; done

    """
  }

  @Test(
    "knows which release a process serves by the files it holds open", arguments: Shell.allCases)
  func servedReleases(_ shell: Shell) throws {
    let result = try shell.run(
      master(
        holding: #"5> "$root/releases/12/nginx/served" 6> "$root/releases/3/nginx/served" "#
          + #"7> "$root/releases/3/nginx/other""#)
          + """
          told() { find_served "$1"; echo "$served"; }
          told "$master"; rm -r "$root/releases/3"; told "$master"
          kill "$master"; told 999999999; told none
          """, in: TemporaryFolder())
    #expect(result.output == "12 3\n12\n\n\n")
  }

  @Test("uses a pid file only if nginx's master has that id", arguments: Shell.allCases)
  func nginxMaster(_ shell: Shell) throws {
    let result = try shell.run(
      master(holding: "")
        + """
        real=$master
        find_master || echo "none$master"
        for text in '' abc '12 34' 999999999 -1 "$$" '../1'; do
          printf '%s\\n' "$text" > "$folder/nginx.pid"; find_master || echo "none$master"
        done
        printf '%s\\n' "$real" > "$folder/nginx.pid"
        find_master && [ "$master" = "$real" ] && echo right
        printf '%s' "$real" > "$folder/nginx.pid"
        find_master && [ "$master" = "$real" ] && echo right
        kill "$real"
        """, in: TemporaryFolder())
    #expect(result.output == String(repeating: "none\n", count: 8) + "right\nright\n")
    #expect(result.error == "")
  }

  @Test(
    "asks nginx for the pid file if the configuration does not name one",
    arguments: Shell.allCases)
  func pidFile(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.program("nginx", "echo 'configure arguments: --pid-path=/x/y.pid --other' >&2")
    let told = "find_pid_file; echo \"$pid_file\""
    #expect(try shell.run(told, in: folder).output == "/x/y.pid\n")
    try folder.program("nginx", "exit 127")
    #expect(try shell.run(told, in: folder).output == "/run/nginx.pid\n")
    try folder.write(
      "user x;\n pid   /a/b.pid; # pid /c;\nhttp {\n  include http.d/*.conf;\n}\n",
      to: "nginx/nginx.conf")
    #expect(
      try shell.run(told + #"; echo "${include#"$folder"}""#, in: folder).output
        == "/a/b.pid\n/nginx/http.d/deploy.conf\n")
  }

  @Test("recognizes its own include file", arguments: Shell.allCases)
  func isIncluded(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      mkdir -p "$nginx_folder/conf.d"; find_include
      told() { is_included && echo "$1"; }
      told missing
      include_text > "$include"; told right
      for change in '1d' '2d' '1s/M/m/' '2s/;$/; /' '2a\
      #' '2s/$/#/' '1i\
      #'; do include_text | sed "$change" > "$include"; told "$change"; done
      : > "$include"; told empty
      printf '%s\n%s' "$include_comment" "$include_directive" > "$include"; told cut
      """#, in: TemporaryFolder())
    #expect(result.output == "right\n")
    #expect(result.error == "")
  }

  @Test(
    "finds the children of a process, with and without the kernel's list",
    arguments: Shell.allCases)
  func children(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      sleep 100 & first=$!; sleep 100 & second=$!
      find_children $$; set -- $children; [ "$*" = "$first $second" ] && echo found
      find_children 999999999; echo "none:$children"
      mount -t tmpfs none /proc/$$/task
      find_children $$; for child in $first $second; do
        case " $(echo $children) " in *" $child "*) echo found ;; esac
      done
      kill $first $second
      """#, in: TemporaryFolder())
    #expect(result.output == "found\nnone:\nfound\nfound\n", "\(result.error)")
  }

  @Test("writes ports as /proc does", arguments: Shell.allCases)
  func writeInHex(_ shell: Shell) throws {
    let result = try shell.run(
      "for port in 0 1 22 80 443 8443 43981 65535; do write_in_hex $port; printf '%s ' \"$hex\"; done",
      in: TemporaryFolder())
    #expect(result.output == "0000 0001 0016 0050 01BB 20FB ABCD FFFF ")
  }
}
