import Foundation
import Sandbox
import Testing

/// A fleet whose site has a certificate of a public CA: two front-ends behind one name, two back-ends, and
/// in the same network a CA and a name server.
struct ACMEScene {
  static let site = "shop.example"

  let scene: Scene
  let ca: PublicCA

  /// The front-end that inventories do not have at first.
  static let addedFrontEnd = (name: "edge-3", address: "198.18.0.12")

  /// Opens the fleet, and applies nothing.
  ///
  /// - Parameters:
  ///   - pebble: settings of the CA, such as `PEBBLE_WFE_NONCEREJECT`.
  ///   - validity: of the CA's certificates, in seconds.
  static func play(
    _ inventory: InventoryText = inventory(),
    pebble: [String: String] = ["PEBBLE_WFE_NONCEREJECT": "20"], validity: Int = 90 * 86_400,
    _ body: (ACMEScene) async throws -> Void
  ) async throws {
    var hosts = try inventory.sandboxHosts()
    hosts.append(SandboxHost(name: addedFrontEnd.name, addresses: [addedFrontEnd.address]))
    try await Scene.play(inventory.text, on: hosts) { scene in
      try scene.write("location = /answer { return 200 answered; }\n", to: "answer.conf")
      try await openWorld(scene)
      let ca = try await PublicCA.open(scene, environment: pebble, validity: validity)
      try await body(ACMEScene(scene: scene, ca: ca))
    }
  }

  /// The inventory of the fleet.
  ///
  /// - Parameters:
  ///   - certificate: the site's.
  ///   - account: more lines of the account, such as its commands for DNS records.
  static func inventory(
    certificate: String = "{acme: true}", account: [String] = []
  ) -> InventoryText {
    var inventory = InventoryText(frontEnds: RotationScene.frontEnds)
    inventory.siteCertificate = certificate
    inventory.siteLines = ["snippets: {back_end: answer.conf}"]
    inventory.lines =
      [
        "acme:", "  directory: https://198.18.0.100:14000/dir", "  contact: [ops@shop.example]",
        "  terms_agreed: true", "  ca_file: public/ca.pem",
      ] + account.map { "  " + $0 }
    return inventory
  }

  /// The name server, on which every name leads to the first front-end and the site's names to both, and the
  /// certificate with which CAs answer.
  private static func openWorld(_ scene: Scene) async throws {
    try scene.write("", to: "public/roots.pem")
    try await scene.must(
      """
      cd "$1/public"
      key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30'
      openssl req -x509 $key -subj '/CN=CA of directories' -keyout ca.key -out ca.pem
      names=IP:198.18.0.100,IP:198.18.0.101,IP:198.18.0.102,IP:198.18.0.103
      openssl req -x509 $key -subj /CN=directory -addext "subjectAltName=$names" \
        -addext basicConstraints=critical,CA:FALSE -CA ca.pem -CAkey ca.key \
        -keyout server.key -out server.pem
      ip address add 198.18.0.53/32 dev fleet
      """, scene.folder)
    _ = try scene.sandbox.spawn([
      "pebble-challtestsrv", "-defaultIPv4", "198.18.0.10", "-defaultIPv6", "", "-http01", "",
      "-https01", "", "-tlsalpn01", "", "-dns01", DNSOfTheWorld.server, "-management",
      "198.18.0.53:8055",
    ])
    try await scene.must(
      """
      for name in shop.example www.shop.example; do
        curl -sf --retry 400 --retry-connrefused --retry-delay 0 "$1/add-a" \
          -d "{\\"host\\": \\"$name\\", \\"addresses\\": [\\"198.18.0.10\\", \\"198.18.0.11\\"]}"
      done
      """, DNSOfTheWorld.management)
  }

  /// A command that makes and removes records at the name server, as lego's provider `exec` calls it.
  func writeDNSHook() throws -> String {
    try scene.write(
      """
      #!/bin/sh
      send() { curl -sf --max-time 10 -d "$2" "\(DNSOfTheWorld.management)/$1"; }
      echo "$*" >>"\(scene.folder)/hooks.log"
      case $1 in
        present) send set-txt "{\\"host\\": \\"$2\\", \\"value\\": \\"$3\\"}" ;;
        cleanup) send clear-txt "{\\"host\\": \\"$2\\"}" ;;
      esac

      """, to: "dns-hook")
    let path = scene.folder + "/dns-hook"
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  // MARK: - What visitors see

  /// Visitors of every front-end, whose trust is the CAs' roots.
  func visitors(_ frontEnds: [String: String] = RotationScene.frontEnds) throws -> Visitors {
    try Visitors(
      scene, frontEnds, asking: .init(path: "/answer", certificate: "public/roots.pem"))
  }

  /// A certificate as a front-end shows it to a visitor.
  struct Shown: Hashable {
    var serial: String
    var names: Set<String>
    var issuer: String
  }

  /// The certificate of the site, which all these front-ends have to show.
  func shown(
    by frontEnds: [String: String] = RotationScene.frontEnds, for name: String = site,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Shown {
    var all: Set<Shown> = []
    for address in frontEnds.values {
      let text = try await scene.must(
        """
        openssl s_client -connect "$1:443" -servername "$2" -verify_return_error \
          -verify_hostname "$2" -CAfile "$3" </dev/null 2>"$4" >"$4.pem" || { cat "$4"; exit 1; }
        openssl x509 -in "$4.pem" -noout -serial -issuer -ext subjectAltName
        """, address, name, scene.folder + "/public/roots.pem", scene.folder + "/shown",
        sourceLocation: sourceLocation)
      let lines = text.split(separator: "\n").map(String.init)
      let names = text.matches(of: /DNS:([^,\s]+)/).map { String($0.1) }
      all.insert(
        Shown(
          serial: lines.first { $0.hasPrefix("serial=") } ?? "", names: Set(names),
          issuer: lines.first { $0.hasPrefix("issuer=") } ?? ""))
    }
    #expect(all.count == 1, "\(all)", sourceLocation: sourceLocation)
    return try #require(all.first, sourceLocation: sourceLocation)
  }

  /// That a change needs one order and no second run, and that no request fails meanwhile.
  func expectOneOrder(
    _ during: String, at ca: PublicCA? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: () async throws -> Void = {}
  ) async throws {
    let ca = ca ?? self.ca
    let orders = try ca.orders()
    try await change()
    let visitors = try visitors()
    try await scene.apply(sourceLocation: sourceLocation)
    try await visitors.expectNoFailure(during, moreThan: 10, sourceLocation: sourceLocation)
    #expect(try ca.orders() == orders + 1, "\(during)", sourceLocation: sourceLocation)
    try await scene.expectNoChanges(sourceLocation: sourceLocation)
    #expect(try ca.orders() == orders + 1, "\(during)", sourceLocation: sourceLocation)
  }
}

extension ACMEScene {
  /// That the next run issues the first certificate.
  func expectFirstOrder(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let orders = try ca.orders()
    try await scene.apply(sourceLocation: sourceLocation)
    #expect(try ca.orders() == orders + 1, sourceLocation: sourceLocation)
    _ = try await shown(sourceLocation: sourceLocation)
    try await scene.expectNoChanges(sourceLocation: sourceLocation)
  }

  /// Where a name leads to.
  func setAddress(_ address: String, of name: String) async throws {
    try await scene.must(
      """
      curl -sf "$1/clear-a" -d "{\\"host\\": \\"$2\\"}"
      curl -sf "$1/add-a" -d "{\\"host\\": \\"$2\\", \\"addresses\\": [\\"$3\\"]}"
      """, DNSOfTheWorld.management, name, address)
  }
}
