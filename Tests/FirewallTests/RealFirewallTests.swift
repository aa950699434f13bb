import Firewall
import Foundation
import Inventories
import Testing

/// Whether rules can be loaded in a network of the test's own.
private let canRunFirewalls =
  getuid() == 0
  && ["/usr/sbin/nft", "/usr/sbin/ip", "/usr/sbin/nginx", "/usr/bin/unshare", "/usr/bin/curl"]
    .allSatisfy(FileManager.default.isExecutableFile)

@Suite("The real nftables", .enabled(if: canRunFirewalls), .serialized)
struct RealFirewallTests {
  /// Runs a script that finds the rules in `$rules`; returns its status and all it says.
  private func run(_ script: String, rules: String) throws -> (status: Int32, output: String) {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).nft")
    try Data(rules.utf8).write(to: file)
    defer { unlink(file.path(percentEncoded: false)) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/unshare")
    process.arguments =
      ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
      + ["sh", "-euc", script]
    process.environment = [
      "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "rules": file.path(percentEncoded: false),
    ]
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  @Test("checks every ruleset, and takes it twice as if once", arguments: RulesetCase.all)
  func accepts(_ item: RulesetCase) throws {
    let answer = try run(
      """
      nft -c -f "$rules"
      nft -f "$rules"; first=$(nft -s list ruleset)
      nft -f "$rules"; test "$first" = "$(nft -s list ruleset)"
      """, rules: item.ruleset().text)
    #expect(answer.status == 0, "\(answer.output)")
    #expect(answer.output == "")
  }

  /// The host has 198.18.0.1 and fd00::1; those who ask have .10 and ::10 (which the rules know as
  /// front-ends) or .20 and ::20. Prints who reached which port. All that it makes ends with its
  /// namespaces: nginx removes its pid file while it stops, and would race with one who cleans up.
  private static let questions = """
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
    listen=$(for port in 22 80 8443 9100; do echo "listen $port; listen [::]:$port;"; done)
    echo "pid $folder/pid; events {} http { access_log off; server { $listen return 200; } }" \
      >"$folder/nginx.conf"
    nginx -e "$folder/error.log" -c "$folder/nginx.conf"
    nft -f "$rules"
    ask() {
      ip netns exec peer curl -s --connect-timeout 5 -o /dev/null --interface "$1" \
        "http://$2:$3/" && echo "$1 $3" || true
    }
    for port in 22 80 8443 9100; do
      for last in 10 20; do
        ask 198.18.0.$last 198.18.0.1 $port >"$folder/answer.$port.$last.4" &
        asked="${asked:-} $!"
        ask fd00::$last '[fd00::1]' $port >"$folder/answer.$port.$last.6" &
        asked="$asked $!"
      done
    done
    wait $asked
    cat "$folder"/answer.*
    """

  private func reached(_ policy: FirewallPolicy) throws -> Set<Substring> {
    let app = FirewallFleet.host("app-1", [.backEnd], "198.18.0.1")
    let hosts = [
      app, FirewallFleet.host("edge-1", [.frontEnd], "198.18.0.10"),
      FirewallFleet.host("edge-2", [.frontEnd], "fd00::10"),
    ]
    let site = FirewallFleet.site("a.example", on: ["edge-1", "edge-2"], from: [("app-1", 8443)])
    let inventory = FirewallFleet.inventory(policy, hosts: hosts, sites: [site])
    let answer = try run(Self.questions, rules: ruleset(for: app, in: inventory).text)
    #expect(answer.status == 0, "\(answer.output)")
    return Set(answer.output.split(separator: "\n"))
  }

  @Test("lets in those that a whole-host policy lists")
  func wholeHost() throws {
    let policy = FirewallPolicy(
      sshFrom: FirewallFleet.ranges("198.18.0.20"),
      allow: [
        AllowedPort(port: FirewallFleet.port(9100), from: FirewallFleet.ranges("fd00::20/123"))
      ])
    #expect(
      try reached(policy) == [
        "198.18.0.20 22", "198.18.0.10 8443", "fd00::10 8443", "fd00::20 9100",
      ])
  }

  @Test("guards the sites' ports alone where the policy says so")
  func sitesAlone() throws {
    let sources = ["198.18.0.10", "198.18.0.20", "fd00::10", "fd00::20"]
    let free = sources.flatMap { source in [22, 80, 9100].map { "\(source) \($0)" } }
    #expect(
      try reached(FirewallPolicy(scope: .sites))
        == Set((free + ["198.18.0.10 8443", "fd00::10 8443"]).map { Substring($0) }))
  }
}
