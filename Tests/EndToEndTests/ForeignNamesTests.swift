import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "The CA signs no name that comes only from a host", .serialized,
  .requires(isRoot, "namespaces need root"))
struct ForeignNamesTests {
  /// Names for the certificate in a host's own manifest: common name and names are the eighth field and
  /// the ninth.
  private static let edit = """
    cd /etc/deploy/current && awk -v name="$1" \
      '$1 == "certificate" { $8 = name; $9 = name } { print }' manifest >/run/edited &&
      ! cmp -s /run/edited manifest && cat /run/edited >manifest
    """
  private static let names = [
    "app-1": "bank.example", "app-2": "shop.example,admin.shop.example", "app-3": "-..*",
    "edge-2": "edge-1",
  ]

  @Test(
    "compromised hosts that edit their manifests neither stop a rotation nor get a name",
    arguments: [["ca"], ["ca", "--emergency"], ["certificates"]])
  func rotation(_ command: [String]) async throws {
    try await RotationScene.play { scene in
      var before: [String: String] = [:]
      for host in RotationScene.hosts { before[host] = try await names(on: host, scene) }
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      _ = try await scene.sandbox.run(["sleep", "3"])
      for (host, name) in Self.names {
        let edited = try await scene.on(host, Self.edit, name)
        #expect(edited.status == 0, "\(host): \(edited.all)")
      }
      let rotated = try await scene.deploy(
        ["rotate"] + command + ["--yes", "--playbook", try scene.writeQuickPlaybook()])
      #expect(rotated.status == 0, "\(rotated.all)")
      if command[0] == "ca" { try await scene.expectRotated(to: 2) }
      try await visitors.expectNoFailure("rotate \(command.joined(separator: " "))")
      // Whatever was signed is in the state, or in a release that the host has.
      let state = try scene.read("shop.state.json")
      for name in ["bank.example", "admin.shop", "-..*"] {
        #expect(!state.contains(name) && !rotated.all.contains(name), "\(name): \(rotated.all)")
      }
      for host in RotationScene.hosts {
        #expect(try await names(on: host, scene) == before[host], "\(host)")
      }
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  /// The names of every certificate that a host has for its peers, in any release, each once.
  private func names(on host: String, _ scene: Scene) async throws -> String {
    let output = try await scene.on(
      host,
      """
      for file in /etc/deploy/releases/*/tls/back-end.crt /etc/deploy/releases/*/tls/front-end.crt; do
        [ ! -e "$file" ] || openssl x509 -noout -subject -ext subjectAltName -in "$file"
      done | sort -u
      """)
    #expect(output.stdout.contains(host), "\(output.all)")
    return output.stdout
  }
}
