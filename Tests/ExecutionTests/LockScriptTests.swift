import TestSupport
import Testing

@testable import Execution

@Suite("The locks of the host program, with the flock that a host has")
struct LockScriptTests {
  /// The options that each has; Debian's BusyBox has no flock to try.
  static let flocks = ["util-linux": "-[sxunw]", "BusyBox": "-[sxun]"]

  private func folder(_ flock: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.program(
      "flock",
      #"""
      for word; do
        case $word in
          \#(Self.flocks[flock] ?? "") | [0-9]) ;;
          *) echo "flock: invalid option $word" >&2; exit 1 ;;
        esac
      done
      exec /usr/bin/flock "$@"
      """#)
    return folder
  }

  @Test(
    "are waited for and taken when they are free", arguments: Shell.withBash, flocks.keys.sorted())
  func waits(_ shell: Shell, _ flock: String) throws {
    let result = try shell.run(
      """
      (who=ann; lock; : > "$folder/held"; until [ -e "$folder/done" ]; do :; done; echo left) &
      until [ -e "$folder/held" ]; do :; done
      (who=bob; lock; echo entered) & until pgrep -x sleep > /dev/null; do :; done
      : > "$folder/done"; wait; cat "$run/holder"
      """, in: folder(flock))
    #expect(result.output == "left\nentered\nbob\n")
    #expect(result.error == "")
  }

  @Test("let a release be confirmed", arguments: Shell.withBash, flocks.keys.sorted())
  func confirm(_ shell: Shell, _ flock: String) throws {
    let result = try shell.run(
      """
      mkdir -p "$run" "$root/releases/7" "$root/releases/8"; ln -s releases/8 "$root/current"
      : > "$run/lock"; echo '8 7 install - ann' > "$root/pending"; echo 8 > "$run/applied"; confirm_release release=8 keep=5 digest= | sed 1d
      """, in: folder(flock))
    #expect(result.output == "@deploy confirmed 8\n")
    #expect(result.error == "")
  }

  @Test(
    "allow a survey after an interrupted transaction", arguments: Shell.withBash,
    flocks.keys.sorted())
  func survey(_ shell: Shell, _ flock: String) throws {
    let result = try shell.run(
      #"mkdir -p "$run"; : > "$run/lock"; : > "$root/pending"; wait_for_settling; echo settled"#,
      in: folder(flock))
    #expect(result.output == "settled\n")
    #expect(result.error == "")
  }
}
