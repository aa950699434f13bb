import Fleet
import Foundation
import Inventories
import Testing

@testable import Nginx

/// Hosts whose nginx really runs, each in a network of its own, with its address of the inventory. The
/// visitor is 198.18.0.100. Hosts that no site names do not run.
///
/// All that is asked is asked once, by a script that prints one line for each answer.
struct TestFleet {
  let ca: TestCA
  let foreign: TestCA
  private(set) var hosts: [String: NginxHost] = [:]
  private let inventory: Inventory

  /// Gives a host what its nginx has beside deploy's configuration.
  init(
    _ inventory: Inventory, responder: String? = nil, http: [String: String] = [:],
    challenges: ChallengeAnswers = .none
  ) throws {
    ca = try TestCA("Test CA")
    foreign = try TestCA("Foreign CA")
    self.inventory = inventory
    let installed = try #require(Version(try Command("nginx", "-v").output))
    for host in inventory.hosts {
      let files = configuration(
        for: host, in: inventory, nginx: installed, challenges: challenges)
      guard !files.isEmpty else { continue }
      let home = try NginxHost()
      try home.install(files, http: http[host.name.text] ?? "")
      try home.install(
        certificates: ca, trusting: ca, inventory.sites, responder: responder)
      hosts[host.name.text] = home
    }
  }

  subscript(name: String) -> NginxHost {
    get throws { try #require(hosts[name]) }
  }

  /// Functions for the questions: `visit NAME CURL-ARGUMENTS…` prints the name and the status of what
  /// a visitor of edge-1 gets, `read_it NAME …` its text, `on HOST COMMAND…` runs a command there,
  /// `until_done COMMAND…` waits for a condition.
  private static let helpers = #"""
    on() { host=$1; shift; ip netns exec "$host" "$@"; }
    ask() { echo "$1: $(shift; curl -s -m 10 "$@" || echo "curl $?")"; }
    visit() { name=$1; shift; read_it "$name" -w '%{http_code}' -o /dev/null "$@"; }
    read_it() { name=$1; shift; ask "$name" --cacert "$ca" --resolve '*:443:198.18.0.1' "$@"; }
    until_done() {
      tries=0
      until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1)); [ "$tries" -lt 200 ] || { echo "never: $*"; exit 1; }
        sleep 0.05
      done
    }

    """#

  private static func applications() throws -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: tests.appending(path: "Programs/applications.py"), encoding: .utf8)
  }

  /// What the questions print. The folders of hosts are in `$edge` (edge-1) and `$app` (app-1), that
  /// of the test's own programs in `$programs`.
  func answers(_ questions: String) throws -> String {
    let edge = try self["edge-1"], app = try self["app-1"]
    try edge.write(Self.applications(), to: "programs/applications.py")
    let starts = inventory.hosts.compactMap { host in
      hosts[host.name.text].map { "start \(host.name) \(host.address) '\($0.path)/nginx.conf'" }
    }
    let script = """
      mount -t tmpfs none /run; mkdir /run/netns
      ip link set lo up
      ip link add net type bridge; ip link set net up; ip address add 198.18.0.100/15 dev net
      start() {
        ip netns add "$1"; ip link add "to-$1" type veth peer name net netns "$1"
        ip link set "to-$1" master net up
        ip -n "$1" link set lo up; ip -n "$1" link set net up
        ip -n "$1" address add "$2/15" dev net
        ip netns exec "$1" nginx -c "$3"
      }
      \(starts.joined(separator: "\n"))
      edge='\(edge.path)' app='\(app.path)' programs='\(edge.path)/programs'
      ca='\(ca.certificate)' signer='\(ca.home.path)'
      foreign='\(foreign.home.path)'
      \(Self.helpers)
      \(questions)
      """
    try app.write(script, to: "questions.sh")
    return try Command(
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu",
      app.url("questions.sh").path(percentEncoded: false)
    ).output
  }
}
