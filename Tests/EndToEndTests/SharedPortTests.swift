import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A back-end serves a site only to the front-ends of that site", .serialized,
  .requires(isRoot, "namespaces need root"))
struct SharedPortTests {
  private static let inventory = """
    fleet: shop
    ca: {name: Shop CA, passphrase: {env: DEPLOY_PASSPHRASE}}
    ssh: {user: root, identity: ~/.ssh/id_ed25519}
    front_ends:
      edge-1: {address: 198.18.0.10}
      edge-2: {address: 198.18.0.11}
    back_ends:
      app-1: {address: 198.18.0.21}
    sites:
      shop.example:
        front_ends: [edge-1]
        back_ends: all
        certificate: {ca: true}
        back_end: {root: /srv/shop, index: index.html}
      blog.example:
        front_ends: [edge-2]
        back_ends: all
        certificate: {ca: true}
        back_end: {root: /srv/blog, index: index.html}
    firewall: {policy: drop}

    """
  private static let hosts = [
    SandboxHost(name: "edge-1", addresses: ["198.18.0.10"]),
    SandboxHost(name: "edge-2", addresses: ["198.18.0.11"]),
    SandboxHost(
      name: "app-1", addresses: ["198.18.0.21"],
      pages: ["/srv/shop/index.html": "the shop\n", "/srv/blog/index.html": "the blog\n"]),
  ]

  /// Asks app-1 from a front-end with its own certificate.
  private func ask(
    _ scene: Scene, from frontEnd: String, serverName: String, host: String, version: String = "1.2"
  ) async throws -> CommandOutput {
    try await scene.on(
      frontEnd,
      """
      cd /etc/deploy/current/tls && curl -sSk --max-time 10 --http1.1 "--tlsv$3" --tls-max "$3" \
        --cert front-end.crt --key front-end.key -H "Host: $2" \
        --resolve "$1:443:198.18.0.21" "https://$1/"
      """, serverName, host, version)
  }

  @Test("a front-end of another site on the same port gets no page with its own certificate")
  func samePort() async throws {
    try await Scene.play(Self.inventory, on: Self.hosts) { scene in
      try await scene.apply()
      func expectApart(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let sites = [
          ("edge-1", "shop.example", "the shop\n"), ("edge-2", "blog.example", "the blog\n"),
        ]
        for (frontEnd, own, page) in sites {
          let other = own == "shop.example" ? "blog.example" : "shop.example"
          for version in ["1.2", "1.3"] {
            let answer = try await ask(
              scene, from: frontEnd, serverName: own, host: own, version: version)
            #expect(answer.stdout == page, "\(answer.all)", sourceLocation: sourceLocation)
            for (serverName, host) in [(other, other), (own, other), (other, own)] {
              let answer = try await ask(
                scene, from: frontEnd, serverName: serverName, host: host, version: version)
              #expect(
                !answer.stdout.contains("the shop") && !answer.stdout.contains("the blog"),
                "\(frontEnd) as \(serverName), \(host): \(answer.all)",
                sourceLocation: sourceLocation)
            }
          }
        }
      }
      try await expectApart()
      for (address, domain, page) in [
        ("198.18.0.10", "shop.example", "the shop\n"),
        ("198.18.0.11", "blog.example", "the blog\n"),
      ] {
        #expect(try await scene.fetch(from: address, domain: domain).stdout == page)
      }
      #expect(try await scene.deploy("verify").status == 0)

      // A front-end that is given the other site too gets its page, and loses it with the site.
      let shared = Self.inventory.replacing("front_ends: [edge-2]", with: "front_ends: all")
      try scene.write(shared, to: "shop.yml")
      try await scene.apply()
      let given = try await ask(
        scene, from: "edge-1", serverName: "blog.example", host: "blog.example")
      #expect(given.stdout == "the blog\n", "\(given.all)")
      try scene.write(Self.inventory, to: "shop.yml")
      try await scene.apply()
      try await expectApart()
      try await scene.expectNoChanges()
    }
  }
}
