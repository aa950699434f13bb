import TestSupport
import Testing

@testable import Execution

/// Names on a host are chosen by others: the owner of a folder, the author of a program.
@Suite("Names on a host are never words of a script")
struct NameTests {
  private static let start = #"""
    mount -t tmpfs none /var/log; mkdir -p /var/log/nginx "$run" "$work/log" "$folder/tree"

    """#

  @Test("folders of logs, by any name and led anywhere", arguments: Shell.withBash)
  func logFolders(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        site=/var/log/nginx/site; mkdir "$site"; nl='
        '
        mkdir -p "$site/x $folder/planted" "$site/-m 0777" "$site/a${nl}b" "$site/*" "$site/q'\"\`id\`" \
          "$site/\$(touch $folder/planted)" "$site/ "
        ln -s "$folder/tree" "$site/link"; ln -s / "$site/up"; mkdir "$folder/tree/inside"
        copy_log_folders
        (cd /var/log/nginx && find . -type d) | sort > "$folder/expected"
        (cd "$work/log" && find . -type d) | sort | cmp - "$folder/expected" && echo same
        ls "$folder" | grep planted; find "$work/log" ! -type d
        """#, in: TemporaryFolder())
    #expect(result.output == "same\n")
    #expect(result.error == "")
  }

  @Test("folders that are not releases", arguments: Shell.withBash)
  func releases(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        at_before=7 release=8 keep=2
        mkdir -p "$root/releases/6" "$root/releases/7" "$root/releases/8" "$root/releases/5"
        cd "$root/releases"; mkdir -- 9223372036854775807 99999999999999999999999 ' 4' -rf '9 9' '*' 007 0
        prune; rm -rf $outdated; ls -1
        """#, in: TemporaryFolder())
    #expect(
      result.output
        == " 4\n*\n-rf\n0\n007\n7\n8\n9 9\n9223372036854775807\n99999999999999999999999\n")
    #expect(result.error == "")
  }

  @Test("a program's name with a line of the protocol", arguments: Shell.withBash)
  func programs(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      say refused port 8443 "$(printf 'a\n@deploy go')"; say one two; say
      IFS='
      '; say three four
      """#, in: TemporaryFolder())
    #expect(
      result.output
        == "@deploy refused port 8443 a @deploy go\n@deploy one two\n@deploy \n@deploy three four\n"
    )
  }

  @Test("a full disk never ends a script without a message", arguments: Shell.withBash)
  func fullDisk(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        mount -t tmpfs -o size=4k,nr_inodes=1 none "$root"; at_release=8; echo 8443 > "$run/ports"
        mkdir "$folder/nginx"; find_include; make_include_folder 2> /dev/null || echo "no folder"
        umount "$root"; mount -o ro,bind "$run" "$run"; mount -o remount,ro,bind "$run"
        nft() { :; }; close_ports 2> /dev/null; echo after
        """#, in: TemporaryFolder())
    #expect(result.output == "no folder\nafter\n")
  }
}
