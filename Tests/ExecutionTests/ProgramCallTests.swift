import TestSupport
import Testing

@testable import Execution

/// What calls of the stored program cost.
extension ProgramFileTests {
  @Test("takes another call when it has finished one", arguments: Shell.withBash)
  func anotherCall(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      call both | sed -n '/^end/,$p'; has_program; call confirm; settled
      """#, in: host())
    #expect(
      result.output == """
        end
        staged
        prepared
        switching
        applied 1
        700 root
        700 root
        confirmed 1

        """, "\(result.error)")
  }

  /// To start a program is what costs a host most of the time of a transaction.
  @Test("starts few processes for a change of one file", arguments: Shell.withBash)
  func processes(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      installs > /dev/null
      sed "s/'expected=none'/'expected=$(fingerprint 1)'/; s/release=1/release=2/" "$folder/install.launcher" \
        > "$folder/new" && mv "$folder/new" "$folder/install.launcher"
      sed 's/release=1/release=2/' "$folder/confirm.launcher" > "$folder/new" &&
        mv "$folder/new" "$folder/confirm.launcher"
      # Each call is made by a pipe and a shell of the test's own.
      before=$(cat /proc/sys/kernel/ns_last_pid); installs > /dev/null
      after=$(cat /proc/sys/kernel/ns_last_pid); readlink "$root/current"; echo "$((after - before))"
      """#, in: host())
    let count = try #require(result.lines.last.flatMap { Int($0) })
    #expect(result.lines.first == "releases/2" && count < 65, "\(result.output)\(result.error)")
  }
}
