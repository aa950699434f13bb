import Foundation
import Testing

@testable import Execution

@Suite("What the host's scripts share")
struct HostScriptTests {
  @Test("is clean for shellcheck", arguments: HostScript.allCases)
  func shellcheck(_ script: HostScript) throws {
    let folder = try Folder()
    try folder.write("script.sh", script.text)
    let result = try Shell.run(["shellcheck", "-s", "sh", folder.path + "/script.sh"])
    #expect(result.output == "")
    #expect(result.status == 0)
  }

  @Test(
    "knows the release that counts, and the one that the link leads to", arguments: Shell.allCases)
  func currentRelease(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
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
      """#, in: Folder())
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

  @Test("reads what the host is in the middle of word by word", arguments: Shell.allCases)
  func wordOf(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      #"""
      word_of pending 1; echo "none: $(word_of pending 4)"
      echo '8 7 restore applied ann@laptop of shop' > "$root/pending"
      for place in 1 2 3 4 5; do word_of pending "$place"; done
      """#, in: Folder())
    #expect(result.output == "none: \n8\n7\nrestore\napplied\nann@laptop\n")
    #expect(result.error == "")
  }

  @Test("writes down how a transaction ended, here and in the log", arguments: Shell.allCases)
  func recordVerdict(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      #"""
      record_verdict 8 confirmed; cat "$root/verdict"
      record_verdict 9 reverted 'it was not confirmed in time'; cat "$root/verdict"
      ls "$root"; cat "$folder/calls"
      """#, in: Folder())
    #expect(
      result.output == """
        8 confirmed
        9 reverted it was not confirmed in time
        verdict
        logger -t deploy release 8 confirmed
        logger -t deploy release 9 reverted it was not confirmed in time

        """)
  }

  @Test("makes a fingerprint of a release's manifest", arguments: Shell.allCases)
  func fingerprint(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      """
      fingerprint 0
      mkdir -p "$root/releases/7"; fingerprint 7
      printf abc > "$root/releases/7/manifest"; fingerprint 7
      """, in: Folder())
    #expect(
      result.output
        == "none\n7:\n7:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n")
  }

  @Test("includes the current release and nothing else", arguments: Shell.allCases)
  func includeText(_ shell: Shell) throws {
    let folder = try Folder()
    let result = try shell.run(.transaction, "include_text", in: folder)
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
    until grep -q 'nginx: master' "/proc/$master/cmdline"; do :; done

    """
  }

  @Test("knows what a process really serves by the files it holds open", arguments: Shell.allCases)
  func servedReleases(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      master(
        holding: #"5> "$root/releases/12/nginx/served" 6> "$root/releases/3/nginx/served" "#
          + #"7> "$root/releases/3/nginx/other""#)
          + """
          served_releases "$master"
          rm -r "$root/releases/3"; served_releases "$master"
          kill "$master"; served_releases 999999999; served_releases none
          """, in: Folder())
    #expect(result.output == "3\n12\n12\n")
  }

  @Test("believes a pid file only where nginx's master has that number", arguments: Shell.allCases)
  func nginxMaster(_ shell: Shell) throws {
    let result = try shell.run(
      .transaction,
      master(holding: "")
        + """
        nginx_master || echo none
        for text in '' abc '12 34' 999999999 -1 "$$" '../1'; do
          printf '%s\\n' "$text" > "$folder/nginx.pid"; nginx_master || echo none
        done
        printf '%s\\n' "$master" > "$folder/nginx.pid"
        [ "$(nginx_master)" = "$master" ] && echo right
        printf '%s' "$master" > "$folder/nginx.pid"
        [ "$(nginx_master)" = "$master" ] && echo right
        kill "$master"
        """, in: Folder())
    #expect(result.output == String(repeating: "none\n", count: 8) + "right\nright\n")
    #expect(result.error == "")
  }

  @Test(
    "takes the pid file's place from nginx where the configuration names none",
    arguments: Shell.allCases)
  func pidFile(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.program("nginx", "echo 'configure arguments: --pid-path=/x/y.pid --other' >&2")
    #expect(try shell.run(.transaction, "nginx_pid_file", in: folder).output == "/x/y.pid\n")
    try folder.program("nginx", "exit 127")
    #expect(try shell.run(.transaction, "nginx_pid_file", in: folder).output == "/run/nginx.pid\n")
  }
}
