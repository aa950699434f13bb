import Fleet
import FleetLiterals
import Inventories
import State
import Testing

@testable import Planning

/// Why hosts cannot take part, and why an edge would fail.
@Suite("Messages of planning")
struct PlanningMessageTests {
  @Test("a host that cannot take part says what is missing")
  func preflight() throws {
    var topic = Rendering("plan-blockers")
    var observation = HostObservation(clock: .earliest, isRoot: false)
    topic.add("not root", Preflight.blockers(on: observation).joined(separator: "\n"))
    observation.isRoot = true
    observation.missingTools = ["tar"]
    topic.add("a tool", Preflight.blockers(on: observation).joined(separator: "\n"))
    observation.missingTools = ["tar", "nft"]
    topic.add(
      "tools", Preflight.blockers(on: observation, engine: .nftables).joined(separator: "\n"))
    observation.missingTools = []
    observation.surroundings.freeForReleases = 1
    observation.surroundings.freeForWork = 2
    topic.add("space", DiskSpaceCheck.blockers(for: [], on: observation).joined(separator: "\n"))
    try topic.check()
  }

  @Test("every reason why an edge is blocked is a sentence")
  func edges() throws {
    var topic = Rendering("plan-edges")
    for blocker in EdgeModel.Blocker.allCases { topic.add("\(blocker)", blocker.rawValue) }
    try topic.check()
  }

  @Test("every fault of a host is the reason for its repair")
  func faults() throws {
    var topic = Rendering("plan-repairs")
    let faults: [HostHealth.Fault] = [
      .driftedFile("nginx/deploy.conf"), .unsignedRelease(3), .interruptedTransaction,
      .nginxStopped, .otherReleases(served: [], wanted: 4),
      .otherReleases(served: [3, 4], wanted: 4), .otherReleases(served: [3], wanted: nil),
      .changedInclude(file: "/etc/nginx/conf.d/deploy.conf"), .firewallAbsent, .firewallChanged,
    ]
    for fault in faults { topic.add(name(of: fault), fault.reason) }
    try topic.check()
  }

  /// A new case needs a name here, and a sample above.
  private func name(of fault: HostHealth.Fault) -> String {
    switch fault {
    case .driftedFile: "a file"
    case .unsignedRelease: "a release without a signature"
    case .interruptedTransaction: "a transaction without a result"
    case .nginxStopped: "nginx"
    case .otherReleases: "the served releases"
    case .changedInclude: "the file that includes the release"
    case .firewallAbsent, .firewallChanged: "the firewall"
    }
  }

  @Test("every changed file is a reason in the inventory's words")
  func changes() throws {
    var topic = Rendering("plan-reasons")
    for path in [
      "nginx/deploy.conf", "nginx/front-end/shop.example.conf", "nginx/snippets/shop.example.conf",
      "firewall.nft", "tls/ca.crt", "tls/revoked.crl", "tls/sites/shop.example.crt",
      "tls/sites/shop.example.key",
    ] {
      for kind in [FileChange.Kind.create, .change, .remove] {
        topic.add("\(kind) \(path)", ReasonText.reason(for: FileChange(path: path, kind: kind)))
      }
    }
    try topic.check()
  }
}
