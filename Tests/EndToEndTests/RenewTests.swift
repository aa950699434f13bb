import Foundation
import Sandbox
import TestSupport
import Testing

@Suite("Renewals on a fleet", .serialized, .requires(isRoot, "namespaces need root"))
struct RenewTests {
  /// What a host does, apart from its certificates.
  private func configuration(of host: String, _ scene: Scene) async throws -> String {
    try await scene.on(
      host,
      "cd /etc/deploy/current && find nginx firewall.nft -type f ! -name release.conf | sort | xargs grep ''"
    ).stdout
  }

  private func expiry(of host: String, _ scene: Scene) async throws -> String {
    try await scene.on(
      host, "openssl x509 -noout -enddate -in /etc/deploy/current/tls/*-end.crt"
    ).stdout
  }

  @Test(
    "change certificates alone, also if the inventory has changed and a file of it cannot be read")
  func certificatesAlone() async throws {
    var inventory = InventoryText()
    inventory.validFor = "10d"
    inventory.renewBefore = "1d"
    inventory.siteLines = ["snippets: {front_end: edge.conf}"]
    try await Scene.play(inventory) { scene in
      try scene.write("add_header X-Shop yes;\n", to: "edge.conf")
      try await scene.apply()
      let hosts = ["app-1", "app-2", "edge-1"]
      var before: [String: (configuration: String, expiry: String)] = [:]
      for host in hosts {
        before[host] = (try await configuration(of: host, scene), try await expiry(of: host, scene))
      }

      var changed = inventory
      changed.validFor = "365d"
      changed.renewBefore = "30d"
      changed.root = "/srv/other"
      try scene.write(changed)
      try FileManager.default.removeItem(atPath: scene.folder + "/edge.conf")
      let renewed = try await scene.deploy("renew")
      #expect(renewed.status == 0, "\(renewed.all)")
      #expect(renewed.all.contains("edge.conf"), "\(renewed.all)")
      #expect(renewed.all.contains("a renewal does not change what else differs on"))
      for host in hosts {
        #expect(try await configuration(of: host, scene) == before[host]?.configuration, "\(host)")
        let expiry = try await expiry(of: host, scene)
        #expect(expiry.hasPrefix("notAfter=") && expiry != before[host]?.expiry, "\(host)")
      }
      let visit = try await scene.fetch()
      #expect(visit.stdout.contains("/srv/shop"), "\(visit.all)")

      let again = try await scene.deploy("renew")
      #expect(again.status == 0, "\(again.all)")
      let applied = try await scene.deploy("apply", "--yes")
      #expect(applied.status == 65 && applied.all.contains("edge.conf"), "\(applied.all)")
    }
  }
}
