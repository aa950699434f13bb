import Fleet
import FleetLiterals
import TestSupport
import Testing

@testable import Execution

@Suite("The connections that a host counts", .timeLimit(.minutes(2)))
struct ConnectionsScriptTests {
  /// Connects three times to port 8443 of 198.18.0.21: once from 198.18.0.21, by IPv6 from ::1, and to port 8444.
  private static let scene = #"""
    ip link set lo up; ip addr add 198.18.0.21/32 dev lo
    perl -e '
      use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
      my @kept;
      for my $place (
        [PF_INET, pack_sockaddr_in(8443, inet_aton("198.18.0.21"))],
        [PF_INET, pack_sockaddr_in(8444, inet_aton("198.18.0.21"))],
        [PF_INET6, pack_sockaddr_in6(8443, inet_pton(AF_INET6, "::1"))],
      ) {
        my ($family, $address) = @$place;
        socket(my $listener, $family, SOCK_STREAM, 0) or die $!;
        bind($listener, $address) or die $!; listen($listener, 5) or die $!;
        socket(my $client, $family, SOCK_STREAM, 0) or die $!;
        connect($client, $address) or die $!; accept(my $server, $listener) or die $!;
        push @kept, $listener, $client, $server;
      }
      open(my $ready, ">", "$ENV{folder}/ready") or die $!; close $ready; sleep 1000
    ' > /dev/null &
    until [ -e "$folder/ready" ]; do kill -0 $! || exit 1; done

    """#

  @Test("are those of the peers to the ports, of both families", arguments: Shell.allCases)
  func counted(_ shell: Shell) throws {
    let calls: [(ports: Set<Port>, peers: Set<IPAddress>, count: Int)] = [
      ([8443], ["198.18.0.21"], 1), ([8443, 8444], ["198.18.0.21"], 2),
      ([8443], ["198.18.0.21", "::1"], 2), ([8443], ["198.18.0.2"], 0), ([8445], ["::1"], 0),
      ([], [], 0),
    ]
    let script = calls.map { call in
      let words = HostCommand.connections(ports: call.ports, peers: call.peers).arguments
      return "count_connections " + words.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
    let result = try shell.run(
      Self.scene + script.joined(separator: "\n"), in: TemporaryFolder())
    let counts = result.output.split(separator: "\n").filter { $0.hasPrefix("@deploy open ") }
    #expect(counts == calls.map { "@deploy open \($0.count)" }, "\(result)")
    #expect(result.error == "")
  }
}
