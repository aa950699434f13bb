import Firewall
import Foundation
import Inventories
import TestSupport
import Testing

/// Whether rules can be loaded in a network of the test's own.
let canRunFirewalls =
  getuid() == 0
  && [
    "/usr/sbin/nft", "/usr/sbin/iptables", "/usr/sbin/ip6tables", "/usr/sbin/ip", "/usr/sbin/nginx",
    "/usr/bin/unshare", "/usr/bin/curl", "/usr/bin/python3",
  ]
  .allSatisfy(FileManager.default.isExecutableFile)

/// Rules of an engine in a network of the test's own.
struct RealFirewall {
  let engine: FirewallPolicy.Engine

  /// Makes the host 198.18.0.1 and fd00::1 and, in a network of its own, a peer that has .10 and .20, ::10
  /// and ::20; `$folder` is theirs.
  static let peer = """
    mount -t tmpfs none /run; mkdir /run/netns /run/test; folder=/run/test
    ip link set lo up; ip netns add peer
    ip link add host type veth peer name peer netns peer
    ip address add 198.18.0.1/24 dev host; ip -6 address add fd00::1/64 dev host nodad
    ip link set host up
    for last in 10 20; do
      ip -n peer address add 198.18.0.$last/24 dev peer
      ip -n peer -6 address add fd00::$last/64 dev peer nodad
    done
    ip -n peer link set peer up
    """

  /// Functions for scripts: `load` loads the rules as the host program does.
  private static let helpers = """
    load() {
      case $engine in
        nftables) nft -f "$rules/firewall.nft" ;;
        iptables)
          for program in iptables ip6tables; do
            "$program-restore" -w --noflush <"$rules/firewall.$program"
            while read -r word _; do
              case $word in
                '*'*) table=${word#?} ;;
                :DEPLOY-*)
                  jump="${word#:DEPLOY-} -j ${word#:}"
                  "$program" -w -t "$table" -C $jump 2>/dev/null ||
                    "$program" -w -t "$table" -I $jump ;;
              esac
            done <"$rules/firewall.$program"
          done ;;
      esac
    }
    check() {
      case $engine in
        nftables) nft -c -f "$rules/firewall.nft" ;;
        iptables)
          for program in iptables ip6tables; do
            "$program-restore" -w --noflush --test <"$rules/firewall.$program"
          done ;;
      esac
    }
    listed() { case $engine in nftables) nft -s list ruleset ;; *) iptables -S; ip6tables -S ;; esac; }

    """

  /// Runs a script that finds the rules in the folder `$rules`; returns its status and all it says.
  func run(_ script: String, _ rules: Ruleset) throws -> (status: Int32, output: String) {
    let folder = try TemporaryFolder("rules")
    for file in rules.files { try folder.write(file.text, to: file.name) }
    let run = try ProgramRun(
      [
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
        "sh", "-euc", Self.helpers + script,
      ],
      environment: [
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "rules": folder.path, "engine": engine.rawValue,
      ])
    return (run.status, run.output)
  }
}
