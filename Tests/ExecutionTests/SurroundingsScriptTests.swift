import FleetLiterals
import State
import TestSupport
import Testing

@testable import Execution

@Suite("What a host reports about everything else on it", .timeLimit(.minutes(2)))
struct SurroundingsScriptTests {
  @Test(
    "has the chains of other programs that may drop incoming packets, as nft prints them",
    arguments: Shell.allCases)
  func rules(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      nft -f - <<'RULES'
      table inet deploy {
        chain input { type filter hook input priority 0; policy drop; tcp dport 22 drop; }
      }
      table inet deploy_next {
        chain input { type filter hook input priority 0; policy drop; tcp dport 22 drop; }
      }
      table inet f2b-table {
        set addresses { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }
        chain f2b-chain {
          type filter hook input priority -1; policy accept;
          tcp dport 22 ip saddr @addresses reject with tcp reset
          tcp dport { 1, 2 } counter log prefix "reject x" accept comment "drop that"
        }
      }
      table ip mine {
        chain input { type filter hook input priority 1; policy accept; tcp dport vmap { 1 : jump guard }; }
        chain guard { jump deeper; }
        chain deeper { ip saddr 192.0.2.9 drop; }
        chain unused { drop; }
        chain harmless { type filter hook input priority 2; policy accept; tcp dport 1 accept; }
        chain out { type filter hook output priority 0; policy drop; }
      }
      RULES
      iptables -P INPUT DROP; iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER
      iptables -A DOCKER-USER -p tcp --dport 9 -j DROP
      survey_rules
      """#, in: TemporaryFolder())
    let found = try result.surroundings()
    #expect(
      Set(found.foreignChains) == [
        .init(
          table: "inet f2b-table", name: "f2b-chain", hook: .input, dropsByDefault: false,
          droppingRules: ["tcp dport 22 ip saddr @addresses reject with tcp reset"]),
        .init(
          table: "ip mine", name: "input", hook: .input, dropsByDefault: false,
          droppingRules: ["ip saddr 192.0.2.9 drop"]),
        .init(table: "ip filter", name: "INPUT", hook: .input, dropsByDefault: true),
        .init(
          table: "ip filter", name: "FORWARD", hook: .forward, dropsByDefault: false,
          droppingRules: ["tcp dport 9 counter drop"]),
      ], "\(result.output)\(result.error)")
    #expect(found.firewallManagers == [.docker])
    #expect(!result.output.contains("192.0.2.1"))
  }

  @Test("reads the legacy tables of iptables only if they are in use", arguments: Shell.allCases)
  func legacyRules(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.records(
      "iptables-legacy", "echo '-P INPUT DROP'; echo '-P FORWARD ACCEPT'; echo '-N x'")
    try folder.records("ip6tables", "echo '-P INPUT ACCEPT'; echo '-A INPUT -j REJECT'")
    try folder.program("nft", "exit 1")
    let result = try shell.run(
      """
      survey_rules; cat "$folder/calls" 2>/dev/null
      has_legacy_rules() { :; }
      command() { [ "$2" = iptables-legacy ]; }
      survey_rules
      """, in: folder)
    #expect(
      result.lines == [
        "@deploy legacy iptables -P INPUT DROP", "@deploy legacy iptables -P FORWARD ACCEPT",
        "@deploy legacy ip6tables -P INPUT ACCEPT", "@deploy legacy ip6tables -A INPUT -j REJECT",
      ])
    #expect(result.error == "")
  }

  @Test("names Docker, ufw and firewalld if they run and are enabled", arguments: Shell.allCases)
  func managers(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.program("systemctl", "[ \"$*\" = 'is-active --quiet firewalld' ]")
    let result = try shell.run(
      NetworkScriptTests.listen + #"""
        ufw_settings=$folder/ufw.conf; command() { [ -x "$folder/bin/$2" ]; }
        survey_managers; echo none
        printf '#!/bin/sh\n' > "$folder/bin/firewalld"; chmod +x "$folder/bin/firewalld"
        echo 'ENABLED=yes' > "$ufw_settings"; survey_managers; echo not installed
        printf '#!/bin/sh\n' > "$folder/bin/ufw"; chmod +x "$folder/bin/ufw"; survey_managers
        echo 'ENABLED=no' > "$ufw_settings"; survey_managers; echo off
        listen other ''; printf %s $! > /run/docker.pid; survey_managers; echo another
        listen dockerd ''; printf %s $! > /run/docker.pid; survey_managers
        mkdir -p /run/systemd/system; survey_managers
        """#, in: folder)
    #expect(
      result.lines == [
        "none", "not installed", "@deploy manager ufw", "off", "another", "@deploy manager docker",
        "@deploy manager docker", "@deploy manager firewalld",
      ])
    #expect(result.error == "")
  }

  @Test(
    "has the free space for releases and for the work of a transaction", arguments: Shell.allCases)
  func space(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run(
      #"""
      mount -t tmpfs -o size=1m none "$root"; mount -t tmpfs -o size=2m none /run
      run=/run/deploy; root=$root/not/yet
      survey_space
      df() { printf 'Filesystem x\n/a * 1 2 3 4%% /\n'; }; survey_space
      df() { return 1; }; survey_space; echo nothing
      """#, in: folder)
    #expect(result.lines.last == "nothing")
    #expect(result.lines.count == 3)
    #expect(try result.surroundings().freeForReleases == 1024)
    #expect(try result.surroundings().freeForWork == 2048)
    #expect(result.error == "")
  }

  @Test("names the vulnerabilities that its nginx package has fixed", arguments: Shell.allCases)
  func patches(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run(
      #"""
      nginx_changelogs=$folder/doc/nginx*/changelog.gz
      told() { survey_patches 'CVE-2025-1 CVE-2025-23419 CVE-2026-2 CVE-2026-22'; }
      told; echo none
      rpm() { echo "rpm $*: - fix CVE-2025-1 (#5)"; }; told
      mkdir -p "$folder/doc/nginx-light"
      printf 'nginx (1)\n  * CVE-2026-22, CVE-2025-23419.patch: (CVE-2026-22)\n' |
        gzip > "$folder/doc/nginx-light/changelog.gz"
      told; survey_patches ''
      """#, in: folder)
    #expect(
      result.lines == [
        "none", "@deploy patched CVE-2025-1", "@deploy patched CVE-2025-23419",
        "@deploy patched CVE-2026-22",
      ])
    #expect(result.error == "")
  }

  @Test("counts the workers that are shutting down", arguments: Shell.allCases)
  func retiringWorkers(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      start() {
        bash -c "exec -a '$1' sleep 1000" > /dev/null &
        until grep -q "^$1" "/proc/$!/cmdline"; do :; done
      }
      find_workers $$; echo "none:$workers$retiring"
      start 'nginx: worker process'; first=$!
      start 'nginx: worker process is shutting down'; second=$!
      start 'nginx: worker process is shutting down'; third=$!
      start 'is shutting down'; start 'nginx: cache manager process'
      find_workers $$; [ "$workers" = "$first" ] && echo new
      [ "$retiring" = "$second $third" ] && echo old
      """#, in: TemporaryFolder())
    #expect(result.output == "none:\nnew\nold\n", "\(result.error)")
  }

  @Test("is complete even if a program is missing", arguments: Shell.allCases)
  func missingPrograms(_ shell: Shell) throws {
    let result = try shell.run(
      NetworkScriptTests.listen + #"""
        listen x '' '127.0.0.1#80'
        mkdir "$folder/few"
        for tool in cat date awk; do ln -s "$(command -v $tool)" "$folder/few"; done
        PATH=$folder/few
        survey_host vulnerabilities=CVE-1 connection='198.18.9.1 50000 198.18.0.21 22'
        """#, in: TemporaryFolder())
    #expect(result.lines.last == "@deploy end")
    #expect(try result.surroundings().sshPort == 22)
    #expect(
      try result.surroundings().listeners == [.init(address: "127.0.0.1", port: 80, program: nil)])
  }
}
