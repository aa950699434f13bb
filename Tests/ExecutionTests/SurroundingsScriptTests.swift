import Foundation
import State
import Testing

@testable import Execution

@Suite("What a host tells of what else is on it", .timeLimit(.minutes(2)))
struct SurroundingsScriptTests {
  /// Starts `perl` with sockets and a name, in the background, and goes on when it listens: `listen`
  /// takes the name, the number of the socket that it connects to or none, and addresses with ports.
  static let listen = #"""
    ip link set lo up
    listen() {
      rm -f "$folder/ready"
      perl -e '
        use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
        my ($name, $connects, @places) = @ARGV;
        my @sockets = map {
          my ($address, $port) = /^(.*)#(\d+)$/ or die;
          my $v6 = $address =~ /:/;
          my $place = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address))
            : pack_sockaddr_in($port, inet_aton($address));
          socket(my $socket, $v6 ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die $!;
          bind($socket, $place) or die "$_: $!"; listen($socket, 5) or die $!;
          [$socket, $v6, $place]
        } @places;
        if ($connects ne "") {
          my ($listener, $v6, $place) = @{$sockets[$connects]};
          socket(my $client, $v6 ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die $!;
          connect($client, $place) or die $!; accept(my $server, $listener) or die $!;
          push @sockets, $client, $server;
        }
        $0 = $name;
        open(my $ready, ">", "$ENV{folder}/ready") or die $!; close $ready; sleep 1000
      ' "$@" > /dev/null &
      until [ -e "$folder/ready" ]; do kill -0 $! || exit 1; done
    }

    """#

  @Test("names the addresses that others reach it at, and no others", arguments: Shell.allCases)
  func addresses(_ shell: Shell) throws {
    let result = try shell.run(
      """
      ip link set lo up
      for address in 198.18.0.21/24 198.18.0.22/32 169.254.3.4/16 2001:db8::21/64 fd00::1/64 fe80::5/64
      do ip addr add "$address" dev lo; done
      survey_network '' | sort -u
      """, in: Folder())
    #expect(
      result.lines == [
        "@deploy address 198.18.0.21", "@deploy address 198.18.0.22",
        "@deploy address 2001:0db8:0000:0000:0000:0000:0000:0021",
        "@deploy address fd00:0000:0000:0000:0000:0000:0000:0001",
      ])
    #expect(result.error == "")
  }

  @Test(
    "names the sockets that listen with their programs",
    arguments: Shell.allCases)
  func listeners(_ shell: Shell) throws {
    let folder = try Folder()
    let result = try shell.run(
      Self.listen + #"""
        listen nginx '' '0.0.0.0#443' '::1#8443' '127.0.0.1#8080'; master=$!
        listen nginx '' '127.0.0.1#8081'
        listen 'node exporter' '' '0.0.0.0#9100' '::#9200'
        listen "$(printf 'a\n@deploy end')" '' '127.0.0.2#81'
        listen sshd '' '127.0.0.2#22'
        survey_network 'a 1 b 22' | grep -v -e ' address ' -e ' ssh-port '
        """#, in: folder)
    #expect(
      Set(try result.surroundings().listeners) == [
        .init(address: "0.0.0.0", port: 443, program: "nginx"),
        .init(address: "0:0:0:0:0:0:0:1", port: 8443, program: "nginx"),
        .init(address: "127.0.0.1", port: 8080, program: "nginx"),
        .init(address: "127.0.0.1", port: 8081, program: "nginx"),
        .init(address: "127.0.0.2", port: 22, program: "sshd"),
        .init(address: "0.0.0.0", port: 9100, program: "node exporter"),
        .init(address: "0:0:0:0:0:0:0:0", port: 9200, program: "node exporter"),
        .init(address: "127.0.0.2", port: 81, program: "a"),
      ])
    #expect(result.lines.count { $0.hasPrefix("@deploy listening ") } == 8)
    #expect(result.error == "")
  }

  @Test("names sockets for UDP and for whole protocols, and its routes", arguments: Shell.allCases)
  func datagrams(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      ip link set lo up; ip addr add 198.18.0.21/24 dev lo
      ip link add away type veth peer name there; ip link set there up
      ip addr add 198.18.9.1/25 dev away; ip link set away up
      ip route add 192.0.2.0/24 via 198.18.9.2 metric 7
      perl -e '
        use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
        socket(my $dns, PF_INET, SOCK_DGRAM, 0); bind($dns, pack_sockaddr_in(53, INADDR_ANY)) or die $!;
        socket(my $vpn, PF_INET6, SOCK_DGRAM, 0);
        bind($vpn, pack_sockaddr_in6(1194, inet_pton(AF_INET6, "::"))) or die $!;
        socket(my $asks, PF_INET, SOCK_DGRAM, 0);
        connect($asks, pack_sockaddr_in(53, inet_aton("198.18.0.21"))) or die $!;
        socket(my $vrrp, PF_INET, SOCK_RAW, 112) or die $!;
        $0 = "holder"; open(my $ready, ">", "$ENV{folder}/ready") or die $!; close $ready; sleep 1000
      ' > /dev/null &
      until [ -e "$folder/ready" ]; do kill -0 $! || exit 1; done
      survey_network ''
      """#, in: Folder())
    let found = try result.surroundings()
    #expect(
      Set(found.listeners) == [
        .init(kind: .udp, address: "0.0.0.0", port: 53, program: "holder"),
        .init(kind: .udp, address: "0:0:0:0:0:0:0:0", port: 1194, program: "holder"),
        .init(kind: .raw, address: "0.0.0.0", port: 112, program: "holder"),
      ])
    #expect(
      Set(found.routes) == [
        .init(network: "198.18.9.0/25"),
        .init(network: "192.0.2.0/24", gateway: "198.18.9.2", metric: 7),
      ])
    #expect(result.error == "")
  }

  /// A step more for each pair of sockets would take longer than the suite may.
  @Test("names thousands of sockets, of many processes", arguments: Shell.allCases)
  func manyListeners(_ shell: Shell) throws {
    let result = try shell.run(
      Self.listen + #"""
        ulimit -n 5000
        for process in 1 2 3 4 5; do
          listen "holder $process" '' $(seq -f "127.0.0.$process#%g" 10001 11000)
        done
        survey_network ''
        """#, in: Folder())
    let listeners = try result.surroundings().listeners
    #expect(listeners.count == 5000, "\(result.error)")
    for process in 1...5 {
      #expect(
        listeners.count { $0.address == "127.0.0.\(process)" && $0.program == "holder \(process)" }
          == 1000)
    }
  }

  @Test("leaves sockets out beyond its limit", arguments: Shell.allCases)
  func mostListeners(_ shell: Shell) throws {
    let result = try shell.run(
      Self.listen + #"""
        most_listeners=3
        for port in 11 12 13 14 15; do listen x '' "127.0.0.1#$port"; done
        survey_network ''
        """#, in: Folder())
    // Processors number sockets in blocks of their own, so which of these are the oldest is not known here.
    let ports = try result.surroundings().listeners.map(\.port)
    #expect(Set(ports).count == 3 && ports.allSatisfy { (11...15).contains($0) }, "\(ports)")
  }

  @Test("has nothing to say where nothing listens", arguments: Shell.allCases)
  func nothingListens(_ shell: Shell) throws {
    let result = try shell.run("survey_network ''", in: Folder())
    #expect(result.output == "")
    #expect(result.error == "")
  }

  @Test("knows its own port of sshd and who is connected to it", arguments: Shell.allCases)
  func ssh(_ shell: Shell) throws {
    let result = try shell.run(
      Self.listen + #"""
        listen sshd 0 '127.0.0.1#9022' '127.0.0.1#9023'
        told() { survey_network "$1" | grep " ssh-"; }
        told '198.18.9.1 50000 198.18.0.21 9022'; told '198.18.9.1 50000 198.18.0.21 9023'
        told ''; told 'a b c 2;2'
        """#, in: Folder())
    #expect(
      result.lines == [
        "@deploy ssh-port 9022", "@deploy ssh-from 0100007F", "@deploy ssh-port 9023",
      ])
    #expect(try result.surroundings().sshSources == ["127.0.0.1"])
    #expect(result.error == "")
  }

  @Test(
    "tells which chains of others may drop what comes in, as nft has them",
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
      """#, in: Folder())
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

  @Test("asks iptables' own tables only where they are in use", arguments: Shell.allCases)
  func legacyRules(_ shell: Shell) throws {
    let folder = try Folder()
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

  @Test("knows Docker, ufw and firewalld by what runs and is turned on", arguments: Shell.allCases)
  func managers(_ shell: Shell) throws {
    let folder = try Folder()
    try folder.program("systemctl", "[ \"$*\" = 'is-active --quiet firewalld' ]")
    let result = try shell.run(
      Self.listen + #"""
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
    "measures the space where releases will be, and where it will work", arguments: Shell.allCases)
  func space(_ shell: Shell) throws {
    let folder = try Folder()
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

  @Test("knows which holes its package of nginx has closed", arguments: Shell.allCases)
  func patches(_ shell: Shell) throws {
    let folder = try Folder()
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

  @Test("counts the workers that only finish what they have begun", arguments: Shell.allCases)
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
      """#, in: Folder())
    #expect(result.output == "none:\nnew\nold\n", "\(result.error)")
  }

  @Test("comes to its end whatever program is missing", arguments: Shell.allCases)
  func missingPrograms(_ shell: Shell) throws {
    let result = try shell.run(
      Self.listen + #"""
        listen x '' '127.0.0.1#80'
        mkdir "$folder/few"
        for tool in cat date sed sort head; do ln -s "$(command -v $tool)" "$folder/few"; done
        PATH=$folder/few
        survey_host vulnerabilities=CVE-1 connection='198.18.9.1 50000 198.18.0.21 22'
        """#, in: Folder())
    #expect(result.lines.last == "@deploy end")
    #expect(result.lines.contains("@deploy ssh-port 22"))
    #expect(result.lines.contains("@deploy listening 0100007F 0050"))
  }
}
