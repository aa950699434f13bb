import State
import TestSupport
import Testing

@testable import Execution

@Suite("What a host reports about its network", .timeLimit(.minutes(2)))
struct NetworkScriptTests {
  /// Starts `perl` with sockets and a name, in the background, and returns when it listens: `listen`
  /// takes the name, the number of the socket that it connects to or none, and addresses with ports.
  static let listen = #"""
    connection=; ip link set lo up
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
          for (1, 2) {
            socket(my $client, $v6 ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die $!;
            connect($client, $place) or die $!; accept(my $server, $listener) or die $!;
            push @sockets, $client, $server;
          }
        }
        $0 = $name;
        open(my $ready, ">", "$ENV{folder}/ready") or die $!; close $ready; sleep 1000
      ' "$@" > /dev/null &
      until [ -e "$folder/ready" ]; do kill -0 $! || exit 1; done
    }

    """#

  @Test("names only the addresses that others reach it at", arguments: Shell.allCases)
  func addresses(_ shell: Shell) throws {
    let result = try shell.run(
      """
      ip link set lo up
      for address in 198.18.0.21/24 198.18.0.22/32 169.254.3.4/16 2001:db8::21/64 fd00::1/64 fe80::5/64
      do ip addr add "$address" dev lo; done
      connection=; survey_network
      """, in: TemporaryFolder())
    #expect(
      try result.surroundings().addresses == [
        "198.18.0.21", "198.18.0.22", "2001:0db8:0000:0000:0000:0000:0000:0021",
        "fd00:0000:0000:0000:0000:0000:0000:0001",
      ])
    #expect(result.error == "")
  }

  @Test(
    "names the sockets that listen with their programs",
    arguments: Shell.allCases)
  func listeners(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    let result = try shell.run(
      Self.listen + #"""
        listen nginx '' '0.0.0.0#443' '::1#8443' '127.0.0.1#8080'; master=$!
        listen nginx '' '127.0.0.1#8081'
        listen 'node exporter' '' '0.0.0.0#9100' '::#9200'
        listen "$(printf 'a\n@deploy end')" '' '127.0.0.2#81'
        listen sshd '' '127.0.0.2#22'
        survey_network
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
    #expect(result.lines.count { $0.hasPrefix("@deploy socket ") } == 8)
    #expect(result.error == "")
  }

  @Test("names sockets for UDP and for whole protocols, and its routes", arguments: Shell.allCases)
  func datagrams(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      connection=; ip link set lo up; ip addr add 198.18.0.21/24 dev lo
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
      survey_network
      """#, in: TemporaryFolder())
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
        survey_network
        """#, in: TemporaryFolder())
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
        survey_network
        """#, in: TemporaryFolder())
    // Processors number sockets in blocks of their own, so which of these are the oldest is not known here.
    let ports = try result.surroundings().listeners.map(\.port)
    #expect(Set(ports).count == 3 && ports.allSatisfy { (11...15).contains($0) }, "\(ports)")
  }

  @Test("is empty if nothing listens", arguments: Shell.allCases)
  func nothingListens(_ shell: Shell) throws {
    let result = try shell.run("connection=; survey_network", in: TemporaryFolder())
    #expect(result.output == "")
    #expect(result.error == "")
  }

  @Test("knows its own port of sshd and each source connected to it", arguments: Shell.allCases)
  func ssh(_ shell: Shell) throws {
    let result = try shell.run(
      Self.listen + #"""
        listen sshd 0 '127.0.0.1#9022' '127.0.0.1#9023'
        told() { connection=$1; survey_network | grep ' ssh-from '; echo "told $1"; }
        told '198.18.9.1 50000 198.18.0.21 9022'; told '198.18.9.1 50000 198.18.0.21 9023'
        told ''; told 'a b c 2;2'
        """#, in: TemporaryFolder())
    #expect(
      result.lines.map { $0.hasPrefix("@deploy ssh-from ") ? "from" : $0 } == [
        "from", "told 198.18.9.1 50000 198.18.0.21 9022", "told 198.18.9.1 50000 198.18.0.21 9023",
        "told ", "told a b c 2;2",
      ])
    #expect(try result.surroundings().sshSources == ["127.0.0.1"])
    #expect(result.error == "")
  }
}
