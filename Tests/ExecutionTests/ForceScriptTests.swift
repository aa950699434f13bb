import TestSupport
import Testing

@testable import Execution

@Suite("Activating a release and rolling it back")
struct ForceScriptTests {
  /// Release 7 is current, with nginx; 8 is on the host, and has a firewall.
  private let start = #"""
    mkdir -p "$run" "$root/releases/7/nginx" "$root/releases/8" \
      "$nginx_folder/conf.d"
    : > "$root/releases/7/nginx/deploy.conf"; : > "$root/releases/8/firewall.nft"
    link_release 7; who=ann@laptop
    settled() { ls "$root"; ls "$root/releases"; cat "$root/result"; }

    """#

  private func hostWithNft(_ lines: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.records("nft", lines)
    return folder
  }

  @Test("includes a release only if it has sites", arguments: Shell.allCases)
  func link(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        told() { readlink "$root/current" || echo none; [ -f "$include" ] && echo included; }
        told; cmp "$include" - <<EOT && echo right
        $(include_text)
        EOT
        before=$(stat -c %i "$include"); link_release 7
        [ "$before" = "$(stat -c %i "$include")" ] && echo untouched
        link_release 8; told; link_release 7; told; link_release 0; told; ls "$root"
        """#, in: TemporaryFolder())
    #expect(
      result.output == """
        releases/7
        included
        right
        untouched
        releases/8
        releases/7
        included
        none
        releases

        """)
  }

  @Test("loads the firewall that a release has, or none", arguments: Shell.allCases)
  func loadFirewall(_ shell: Shell) throws {
    let folder = try hostWithNft(
      #"case "$*" in *list*) echo listed;; *' -') sed 's/^/  /' >> "$folder/calls";; esac"#)
    let result = try shell.run(
      start + #"""
        load_firewall 8; cat "$root/releases/8/firewall.listing"; load_firewall 7; load_firewall 0
        cat "$folder/calls"
        """#, in: folder)
    let beside = "  table inet deploy_next\n  delete table inet deploy_next\n"
    let none = "nft -f -\n  table inet deploy\n  delete table inet deploy\n" + beside
    #expect(
      result.output == """
        listed
        nft -f -
        \(beside)  include "\(folder.path)/root/releases/8/firewall.nft"
        nft -s list table inet deploy
        \(none)\(none)
        """)
  }

  @Test("needs no space for a firewall that it has listed before", arguments: Shell.allCases)
  func listedBefore(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        listing=$root/releases/8/firewall.listing; written() { stat -c %y "$listing"; }
        load_firewall 8; cat "$listing"; first=$(written)
        load_firewall 8; [ "$(written)" = "$first" ] && echo untouched
        echo other > "$listing"; load_firewall 8; cat "$listing"
        """#, in: try hostWithNft(#"case "$*" in *list*) echo listed;; esac"#))
    #expect(result.output == "listed\nuntouched\nlisted\n")
  }

  @Test("reports the failed step with the output of the program", arguments: Shell.allCases)
  func failures(_ shell: Shell) throws {
    let folder = try hostWithNft("echo no rules >&2; exit 1")
    try folder.records("nginx", "echo no nginx >&2; exit 1")
    let result = try shell.run(
      start + #"""
        put_in_force 7 || echo "$failure: $(cat "$run/errors")"
        put_in_force 8 || echo "$failure: $(cat "$run/errors")"
        mkdir -p "$root/current.new/x"; put_in_force 8 || echo "$failure: $(wc -l < "$run/errors")"
        """#, in: folder)
    #expect(result.output == "reload: no nginx\nfirewall: no rules\nfiles: 1\n")
  }

  @Test(
    "rolls back an unconfirmed release, and keeps the previous one",
    arguments: Shell.allCases, ["install", "restore"])
  func undo(_ shell: Shell, _ mode: String) throws {
    let result = try shell.run(
      start + """
        reload() { echo "reload $1"; }
        link_release 8; echo '8 7 \(mode) applied x' > "$root/pending"
        undo 'of a reason'; echo "$?"; readlink "$root/current"; settled
        undo 'of another'; echo "$?"; cat "$root/result"
        """, in: try hostWithNft())
    #expect(
      result.output == """
        reload 7
        0
        releases/7
        current
        releases
        result
        7
        \(mode == "restore" ? "8\n" : "")8 reverted of a reason
        1
        8 reverted of a reason

        """)
  }

  @Test("leaves nothing if there was nothing before", arguments: Shell.allCases)
  func undoFirst(_ shell: Shell) throws {
    let folder = try hostWithNft()
    try folder.records("systemctl")
    let result = try shell.run(
      start + #"""
        mkdir -p /run/systemd/system; write_units
        link_release 7; echo '7 0 install applied x' > "$root/pending"; : > "$folder/calls"
        undo why; echo "$?"; [ -e "$root" ] || [ -e "$include" ] || echo nothing
        find "$units" ! -type d; grep systemctl "$folder/calls"
        """#, in: folder)
    #expect(
      result.output == """
        0
        nothing
        systemctl stop deploy-undo-7.timer
        systemctl daemon-reload
        systemctl stop deploy.service

        """)
  }

  @Test("is repeated if it failed", arguments: Shell.allCases)
  func undoAgain(_ shell: Shell) throws {
    let result = try shell.run(
      start + #"""
        reload() { [ -e "$folder/works" ]; }
        link_release 8; echo '8 7 install applied x' > "$root/pending"
        undo why; echo "$?"; ls "$root"; : > "$folder/works"; undo why; echo "$?"; settled
        """#, in: try hostWithNft())
    #expect(
      result.output == """
        1
        current
        releases
        undoing
        0
        current
        releases
        result
        7
        8 reverted why

        """)
  }

  @Test(
    "writes units if there is systemd, and again only if they differ",
    arguments: Shell.allCases)
  func units(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records("systemctl")
    let result = try shell.run(
      start + #"""
        told() {
          echo "$1: $? $(cat "$folder/calls" 2> /dev/null)"; rm -f "$folder/calls"
        }
        write_units; told without; [ -e "$units" ] || echo none
        mkdir -p /run/systemd/system
        write_units; told written; write_units; told again
        : > "$units/nftables.service.d/deploy.conf"; write_units; told half-written
        rm "$units/sysinit.target.wants/deploy.service"; write_units; told unlinked
        cat "$units/nftables.service.d/deploy.conf"
        grep -x "ExecStart=/bin/sh $root/undo.sh boot" \
          "$units/sysinit.target.wants/deploy.service" | sed "s#$root#R#"
        : > "$units/nftables.service.d/own.conf"; remove_units; echo "$?"
        (cd "$units"; find . ! -type d); rm "$units/nftables.service.d/own.conf"
        write_units; remove_units; echo "$?"; (cd "$units"; find . | sort)
        """#, in: folder)
    let reloaded = "0 systemctl daemon-reload"
    #expect(
      result.output == """
        without: 0 
        none
        written: \(reloaded)
        again: 0 
        half-written: \(reloaded)
        unlinked: \(reloaded)
        [Service]
        ExecStartPost=-/bin/sh \(folder.path)/root/undo.sh firewall
        ExecReload=-/bin/sh \(folder.path)/root/undo.sh firewall
        ExecStart=/bin/sh R/undo.sh boot
        0
        ./nftables.service.d/own.conf
        0
        .
        ./sysinit.target.wants

        """)
  }

  @Test("writes a unit that systemd accepts", arguments: Shell.allCases)
  func unitSections(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run("service_text", in: folder)
    #expect(
      result.output == """
        [Unit]
        Description=Rolls back an unconfirmed release of deploy, and loads the firewall
        DefaultDependencies=no
        After=local-fs.target systemd-sysctl.service nftables.service netfilter-persistent.service
        After=iptables.service
        Wants=network-pre.target
        Before=network-pre.target nginx.service shutdown.target
        Conflicts=shutdown.target

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/sh \(folder.path)/root/undo.sh boot

        """)
  }
}
