import TestSupport
import Testing

@testable import Execution

/// Every loop that waits or retries on a host ends after a fixed number of rounds, no matter what fails.
@Suite("The loops of the host program")
struct LoopTests {
  /// Release 8 is current after 7, which has nginx and a firewall. Waiting costs nothing, and is counted.
  private static let start = #"""
    mount -t tmpfs none /var/log; mkdir -p /var/log/nginx; : > /var/log/nginx/error.log
    mkdir -p "$run" "$root/releases/7/nginx" "$root/releases/8" "$nginx_folder"
    ln -s releases/8 "$root/current"; : > "$root/releases/7/nginx/deploy.conf"
    : > "$root/releases/7/firewall.nft"; echo '8 7 install applied x' > "$root/pending"
    sleep() { echo "sleep $*" >> "$folder/calls"; }
    counted() { grep -c -x -e "$1" "$folder/calls"; }

    """#

  enum Fault: String, CaseIterable {
    case emergency, silentNginx, nginxFails, nft, disk

    /// What is put on the host, and how often nginx is asked to start in twelve attempts.
    var effect: (setUp: String, starts: Int) {
      switch self {
      case .emergency:
        (
          #"nginx() { echo "nginx ${1-}" >> "$folder/calls"; echo '[emerg] no' >> /var/log/nginx/error.log; }"#,
          12
        )
      case .silentNginx: (#"nginx() { echo "nginx ${1-}" >> "$folder/calls"; }"#, 12)
      case .nginxFails: (#"nginx() { echo "nginx ${1-}" >> "$folder/calls"; return 1; }"#, 12)
      case .nft: (#"rm -r "$root/releases/7/nginx"; nft() { return 1; }"#, 0)
      case .disk: (#"mkdir -p "$root/current.new/x""#, 0)
      }
    }
  }

  /// Every fault in every shell, but for nginx that says nothing: its twelve times 220 looks take a shell ten
  /// seconds, and the looks are counted in each shell below.
  private static let attempts = Shell.withBash.enumerated().flatMap { index, shell in
    Fault.allCases.filter {
      $0 != .silentNginx || index < TestSetting.count(1, inSweep: Shell.withBash.count)
    }
    .map { (shell, $0) }
  }

  @Test(
    "try a rollback twelve times with any failure, and leave the rest to the next run",
    arguments: attempts)
  func undo(_ shell: Shell, _ fault: Fault) throws {
    let result = try shell.run(
      Self.start + """
        nft() { cat > /dev/null; }; nginx() { :; }; bounded() { "$@"; }
        \(fault.effect.setUp)
        (wait_and_undo 1 8)
        echo "$(counted 'sleep 5') waits, $(counted 'nginx ') starts, $(cat "$root/undoing")"
        """, in: TemporaryFolder())
    #expect(result.output == "11 waits, \(fault.effect.starts) starts, 8 7 install applied x\n")
  }

  @Test(
    "check 220 times whether nginx serves a release, and fewer if nginx reports that it cannot",
    arguments: Shell.withBash)
  func reload(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        bounded() { "$@"; }; nginx() { :; }
        reload 7 || counted 'sleep 0.*'; : > "$folder/calls"
        nginx() { [ "${1-}" = -V ] || echo '[emerg] no' >> /var/log/nginx/error.log; }
        reload 7 || counted 'sleep 0.*'; cat "$run/errors"; : > "$folder/calls"
        nginx() { [ "${1-}" = -V ] || echo '[emerg] bind() to x' >> /var/log/nginx/error.log; }
        reload 7 || counted 'sleep 0.*'
        """#, in: TemporaryFolder())
    #expect(result.output == "220\n10\n[emerg] no\n220\n")
    #expect(result.error == "")
  }

  @Test("wait six times for another transaction", arguments: Shell.withBash)
  func lock(_ shell: Shell) throws {
    let attempts = try #require(HostProgram.source.firstMatch(of: /(?m)^lock_attempts=(\d+)$/)).1
    let result = try shell.run(
      Self.start + #"""
        lock_attempts=\#(attempts); flock() { return 1; }; who=me; echo anna > "$run/holder"; (lock) | uniq -c
        """#, in: TemporaryFolder())
    #expect(
      result.output.split(separator: "\n").map { $0.drop { $0 == " " } } == [
        "5 @deploy waiting anna", "1 @deploy refused locked anna",
      ])
  }

  @Test(
    "wait sixty times in a confirmation", arguments: Shell.withBash, [8, 9])
  func confirmation(_ shell: Shell, _ lock: Int) throws {
    let result = try shell.run(
      Self.start
        + "flock() { [ \"$2\" != \(lock) ]; }; (confirm_release release=7 keep=5 digest=) | sed 1d | uniq -c",
      in: TemporaryFolder())
    #expect(
      result.output.split(separator: "\n").map { $0.drop { $0 == " " } } == [
        "59 @deploy waiting", "1 @deploy result 7 unknown 8",
      ])
  }

  @Test("stop removing a chain, whatever iptables prints", arguments: Shell.withBash)
  func chains(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        printf '*filter\n:DEPLOY-INPUT - [0:0]\nCOMMIT\n' > "$root/releases/7/firewall.iptables"
        iptables() { echo "iptables $*" >> "$folder/calls"; }
        unload_chains iptables; counted 'iptables -w -t filter -D INPUT -j DEPLOY-INPUT'
        """#, in: TemporaryFolder())
    #expect(result.output == "100\n")
  }
}
