import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Rules that the kernel loads wrongly never lock the controller out", .serialized,
  .requires(isRoot, "namespaces need root"))
struct FirewallFaultTests {
  private static let hosts = ["app-1", "app-2"]

  /// What a host's nft does to the rules that let port 9666 in, and how the host ends.
  enum Fault: CaseIterable {
    case noEstablished, ownConnectionDropped, onlyFirstPackets, noSSH, nothing

    /// For sed; `$port` is the controller's.
    var change: String {
      switch self {
      case .noEstablished: "/ct state established/d"
      case .ownConnectionDropped:
        "s/ct state established,related accept/tcp sport '$port' drop/"
      case .onlyFirstPackets:
        "/ct state established/d; s/tcp dport 22 accept/tcp dport 22 tcp flags == syn accept/"
      case .noSSH: "/tcp dport 22 accept/d"
      case .nothing: "/ accept$/d"
      }
    }

    var result: String {
      switch self {
      case .noEstablished, .ownConnectionDropped: "confirmed"
      case .onlyFirstPackets, .noSSH, .nothing: "reverted"
      }
    }
  }

  @Test("the host is confirmed if new connections are accepted, and otherwise rolls back in time")
  func faults() async throws {
    var good = InventoryText()
    try await Scene.play(good, alter: mixedSystems) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try await scene.apply()
      for (number, fault) in Fault.allCases.enumerated() {
        for host in Self.hosts {
          try await scene.alterRules(of: host, by: fault.change)
        }
        let before = try await scene.restingHosts(Self.hosts, "before \(fault)")
        var bad = good
        bad.root = number.isMultiple(of: 2) ? "/srv/other" : "/srv/shop"
        bad.firewall = "{policy: drop, allow: [{port: 9666}]}"
        try scene.write(bad)
        let output = try await scene.boundedApply(
          scene.folder + "/quick.yml", "--limit", "app-*")
        let results = try await scene.expectTruth(of: output, since: before, "\(fault)")
        #expect(
          results == ["app-1": fault.result, "app-2": fault.result], "\(fault)\n\(output.all)")
        // SSH is back: the hosts can be asked.
        let plan = try await scene.deploy("plan", "--detailed-exitcode", "--limit", "app-*")
        #expect(plan.status == (fault.result == "confirmed" ? 0 : 2), "\(fault)\n\(plan.all)")
        for host in Self.hosts { try await scene.restoreRules(of: host) }
        good.root = bad.root
        try scene.write(good)
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }
}
