import Foundation
import Sandbox
import TestSupport
import Testing

/// A back-end whose nginx is in a network behind its host: the ninth line of the reference setup.
@Suite("A container", .serialized, .requires(isRoot, "namespaces need root"))
struct ContainerTests {
  private static let inventory: InventoryText = {
    var text = InventoryText()
    text.backEnds = ["app-1": "198.18.0.21", "carry-1": "198.18.0.24"]
    text.backEndLines["carry-1"] = "container: {address: 198.19.24.5, publish: 8443}"
    text.firewall = "{policy: drop, ssh_from: [198.18.255.254]}"
    return text
  }()

  @Test(
    "9. serves its site through its host only to front-ends, and leaves the host as it was",
    arguments: ["nftables", "iptables"])
  func published(_ engine: String) async throws {
    var inventory = Self.inventory
    inventory.firewall = "{engine: \(engine), policy: drop, ssh_from: [198.18.255.254]}"
    try await Scene.play(inventory, alter: { $0.isBare = $0.name == "carry-1" }) { scene in
      // iptables leaves its tables behind, empty.
      try await scene.on(
        "carry-1",
        """
        sysctl -q -w net.ipv4.ip_forward=0
        for chain in 'filter INPUT' 'filter FORWARD' 'nat PREROUTING' 'nat OUTPUT' 'nat POSTROUTING'
        do
          iptables -t ${chain% *} -A ${chain#* } -j ACCEPT; iptables -t ${chain% *} -F ${chain#* }
        done
        ip6tables -A INPUT -j ACCEPT; ip6tables -F INPUT
        """)
      let before = try await scene.fingerprint(of: "carry-1")
      let plan = try await scene.succeed("plan").stdout
      #expect(
        plan.contains("8443/tcp to carry-1.container (198.19.24.5 port 443) now from 198.18.0.10"),
        "\(plan)")
      let output = try await scene.apply()
      #expect(output.stdout.contains("carry-1.container"), "\(output.stdout)")
      try await scene.expectNoChanges()
      let all: Set = ["/srv/shop app-1", "/srv/shop carry-1.container"]
      #expect(try await scene.answering(all) == all)
      let verified = try await scene.succeed("verify", "--all").stdout
      #expect(verified.contains("carry-1.container"), "\(verified)")

      // A machine that is not a front-end cannot connect, neither by the host's port nor past it.
      for address in ["198.18.0.24:8443", "198.19.24.5:443"] {
        let stranger = try await scene.on(
          "app-1",
          "ip route replace 198.19.24.0/24 via 198.18.0.24 onlink dev eth0;"
            + " curl -sk --connect-timeout 1 https://\(address)/; echo $?")
        #expect(stranger.stdout == "28\n", "\(address): \(stranger.all)")
      }
      // The container's own firewall lets SSH in from its host.
      let limited = try await scene.succeed("status", "--limit", "carry-1").stdout
      #expect(limited.contains("carry-1.container"), "\(limited)")

      try await scene.on("carry-1", "sysctl -q -w net.ipv4.ip_forward=0")
      let drifted = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(drifted.status == 2, "\(drifted.all)")
      try await scene.apply()
      try await scene.expectNoChanges()

      inventory.backEnds["carry-1"] = nil
      inventory.backEndLines = [:]
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await scene.answering(["/srv/shop app-1"]) == ["/srv/shop app-1"])
      #expect(try await scene.fingerprint(of: "carry-1") == before)
      #expect(
        try await scene.on("carry-1", "cat /proc/sys/net/ipv4/ip_forward").stdout == "0\n")
    }
  }

  @Test("stays published if its host was not confirmed when it stopped publishing it")
  func undone() async throws {
    try await Scene.play(Self.inventory) { scene in
      try await scene.apply()
      let before = try await scene.fingerprint(of: "carry-1")
      var inventory = Self.inventory
      inventory.backEndLines["carry-1"] = "container: {address: 198.19.24.5, publish: 9443}"
      // The new rules lock everyone out.
      inventory.firewall = "{policy: drop, ssh_from: [203.0.113.1]}"
      try scene.write(inventory)
      let playbook = try scene.writeShortPlaybook()
      let output = try await scene.deploy(
        "apply", "--yes", "--allow-lockout", "--playbook", playbook)
      #expect(output.status == 1, "\(output.all)")
      try await scene.settle("carry-1")
      #expect(try await scene.fingerprint(of: "carry-1") == before)
      let all: Set = ["/srv/shop app-1", "/srv/shop carry-1.container"]
      #expect(try await scene.answering(all) == all)
    }
  }
}
