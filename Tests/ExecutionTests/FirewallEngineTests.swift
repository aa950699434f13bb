import Foundation
import TestSupport
import Testing

@testable import Execution

private let canRunFirewalls =
  getuid() == 0
  && ["/usr/sbin/nft", "/usr/sbin/iptables", "/usr/sbin/ip6tables"]
    .allSatisfy(FileManager.default.isExecutableFile)

/// The kernel's own rules, in a network namespace of the test's own.
@Suite("The firewall of a release", .requires(canRunFirewalls, "needs root, nft and iptables"))
struct FirewallEngineTests {
  /// Release 7 has rules for nft, 8 and 9 have rules for iptables; 6 has none.
  private static let start = #"""
    mkdir -p "$run"; for n in 6 7 8 9; do mkdir -p "$root/releases/$n"; done
    printf 'table inet deploy\ndelete table inet deploy\ntable inet deploy { chain input { }\n}\n' \
      > "$root/releases/7/firewall.nft"
    for n in 8 9; do
      for program in iptables ip6tables; do
        printf '*filter\n:DEPLOY-INPUT - [0:0]\n-A DEPLOY-INPUT -p tcp --dport %s0 -j ACCEPT\nCOMMIT\n' \
          "$n" > "$root/releases/$n/firewall.$program"
      done
    done
    iptables -A INPUT -p udp -j ACCEPT
    told() {
      echo "$1: $(nft -s list table inet deploy > /dev/null 2>&1 && echo table)"
      for program in iptables ip6tables; do
        "$program" -S | grep -e DEPLOY -e udp | sed "s/^/$program /"
      done
    }

    """#

  @Test(
    "is loaded by its own engine, and the rules of another engine are removed",
    arguments: Shell.allCases)
  func engines(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        load_firewall 7 && told nft
        load_firewall 8 && load_firewall 9 && told iptables
        cat "$root/releases/9/firewall.listing"
        load_firewall 7 && told 'nft again'
        load_firewall 8 && load_firewall 6 && told none
        load_firewall 8 && load_firewall 0 && told removed
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        nft: table
        iptables -A INPUT -p udp -j ACCEPT
        iptables:\u{20}
        iptables -N DEPLOY-INPUT
        iptables -A INPUT -j DEPLOY-INPUT
        iptables -A INPUT -p udp -j ACCEPT
        iptables -A DEPLOY-INPUT -p tcp -m tcp --dport 90 -j ACCEPT
        ip6tables -N DEPLOY-INPUT
        ip6tables -A INPUT -j DEPLOY-INPUT
        ip6tables -A DEPLOY-INPUT -p tcp -m tcp --dport 90 -j ACCEPT
        -A INPUT -j DEPLOY-INPUT
        -N DEPLOY-INPUT
        -A DEPLOY-INPUT -p tcp -m tcp --dport 90 -j ACCEPT
        -A INPUT -j DEPLOY-INPUT
        -N DEPLOY-INPUT
        -A DEPLOY-INPUT -p tcp -m tcp --dport 90 -j ACCEPT
        nft again: table
        iptables -A INPUT -p udp -j ACCEPT
        none:\u{20}
        iptables -A INPUT -p udp -j ACCEPT
        removed:\u{20}
        iptables -A INPUT -p udp -j ACCEPT

        """)
    #expect(result.error == "")
  }

  @Test("is found as it was installed, changed or absent", arguments: Shell.allCases)
  func drift(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run(
      Self.start + #"""
        asked() { $shell "$host_program" survey vulnerabilities= connection= | sed -n "s/^@deploy firewall/$1:/p"; }
        link_release 8; load_firewall 8; asked installed
        iptables -A DEPLOY-INPUT -j DROP; asked added
        load_firewall 8; asked 'loaded again'
        ip6tables -D INPUT -j DEPLOY-INPUT; asked 'not jumped to'
        load_firewall 0; asked removed
        """#, in: folder)
    #expect(
      result.output == """
        installed: as-installed
        added: changed
        loaded again: as-installed
        not jumped to: absent
        removed: absent

        """)
  }

  @Test(
    "has chains for forwarded packets and changes kernel settings only as long as it needs them",
    arguments: Shell.allCases)
  func passage(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        asked() { $shell "$host_program" survey vulnerabilities= connection= 2>/dev/null | sed -n "s/^@deploy firewall/$1:/p"; }
        forwards() { echo "$1: forwards $(cat /proc/sys/net/ipv4/ip_forward)"; }
        printf '*nat\n:DEPLOY-OUTPUT - [0:0]\n-A DEPLOY-OUTPUT -p tcp -j DNAT --to 10.8.0.5\nCOMMIT\n' \
          >> "$root/releases/9/firewall.iptables"
        printf '# why\nnet.ipv4.ip_forward = 1\n' > "$root/releases/9/firewall.sysctl"
        echo 0 > /proc/sys/net/ipv4/ip_forward
        link_release 9; load_firewall 9 && load_firewall 9; asked installed; forwards installed
        iptables -t nat -S | grep DEPLOY
        cat "$root/sysctl"
        echo 0 > /proc/sys/net/ipv4/ip_forward; asked 'set by another program'
        load_firewall 9
        iptables -t nat -D OUTPUT -j DEPLOY-OUTPUT; asked 'not jumped to'
        load_firewall 9; asked 'loaded again'
        load_firewall 8; iptables -t nat -S | grep DEPLOY; told before; forwards before
        ls "$root"
        load_firewall 0 && remove_tables; nft list tables
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        installed: as-installed
        installed: forwards 1
        -N DEPLOY-OUTPUT
        -A OUTPUT -j DEPLOY-OUTPUT
        -A DEPLOY-OUTPUT -p tcp -j DNAT --to-destination 10.8.0.5
        net.ipv4.ip_forward = 0
        set by another program: changed
        not jumped to: absent
        loaded again: as-installed
        before:\u{20}
        iptables -N DEPLOY-INPUT
        iptables -A INPUT -j DEPLOY-INPUT
        iptables -A INPUT -p udp -j ACCEPT
        iptables -A DEPLOY-INPUT -p tcp -m tcp --dport 80 -j ACCEPT
        ip6tables -N DEPLOY-INPUT
        ip6tables -A INPUT -j DEPLOY-INPUT
        ip6tables -A DEPLOY-INPUT -p tcp -m tcp --dport 80 -j ACCEPT
        before: forwards 0
        current
        made-filter-ip6
        made-nat-ip
        releases
        table ip filter

        """)
    #expect(result.error == "")
  }

  @Test("is refused if its engine does not accept it", arguments: Shell.allCases)
  func refused(_ shell: Shell) throws {
    let result = try shell.run(
      Self.start + #"""
        is_staged= release=8 staged=$root/releases/8
        check_firewall && echo taken
        echo '-A DEPLOY-INPUT --dport x' >> "$staged/firewall.ip6tables"
        (check_firewall) | sed -n '$p'; told 'after it'
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        taken
        @deploy refused firewall
        after it:\u{20}
        iptables -A INPUT -p udp -j ACCEPT

        """)
  }
}
