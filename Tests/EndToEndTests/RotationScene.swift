import Foundation
import Sandbox
import Testing

/// A fleet of two front-ends and four back-ends whose visitors do not depend on the CA that
/// changes.
enum RotationScene {
  static let backEnds = [
    "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
    "app-4": "198.18.0.24",
  ]
  static let frontEnds = ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"]
  static var hosts: [String] { Array(backEnds.keys) + frontEnds.keys }

  static var inventory: InventoryText {
    var inventory = InventoryText(frontEnds: frontEnds, backEnds: backEnds)
    inventory.siteCertificate = "{files: {certificate: site.crt, key: site.key}}"
    inventory.siteLines = ["snippets: {back_end: answer.conf}"]
    return inventory
  }

  static func play(_ body: (Scene) async throws -> Void) async throws {
    try await Scene.play(inventory) { scene in
      try await writeSite(in: scene)
      try await scene.apply()
      try await body(scene)
    }
  }

  /// The files that the inventory names: a certificate from elsewhere, and a page that takes a POST too.
  static func writeSite(in scene: Scene) async throws {
    try scene.write("location = /answer { return 200 answered; }\n", to: "answer.conf")
    let made = try await scene.sandbox.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "60", "-subj", "/CN=shop.example", "-addext",
      "subjectAltName=DNS:shop.example,DNS:www.shop.example", "-keyout",
      scene.folder + "/site.key", "-out", scene.folder + "/site.crt",
    ])
    #expect(made.status == 0, "\(made.all)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: scene.folder + "/site.key")
  }
}

extension Scene {
  /// A playbook in two batches, under which a host that is not confirmed rolls back soon.
  func writeQuickPlaybook(_ more: String = "") throws -> String {
    try write("name: quick\nrollout: {batch: 50%, confirm_within: 5s\(more)}\n", to: "quick.yml")
    return "\(folder)/quick.yml"
  }

  /// That every host trusts and shows one generation, and the others are in the archive.
  ///
  /// - Parameter isArchived: whether the folder had the generation before.
  func expectRotated(
    to generation: Int, keepingKey: Bool = true, isArchived: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let output = try await deploy("rotate", "ca", "--status", "--format", "json")
    let standing = try JSONDecoder().decode(Standing.self, from: Data(output.stdout.utf8))
    #expect(!standing.isRotating, "\(output.all)", sourceLocation: sourceLocation)
    #expect(standing.generations.map(\.generation) == [generation], sourceLocation: sourceLocation)
    for host in standing.hosts {
      #expect(
        host.trusts == [generation] && host.shows == [generation] && host.doubt == nil,
        "\(output.all)", sourceLocation: sourceLocation)
    }
    let archive = folder + "/shop.ca/archive/ca-\(generation - 1)"
    let hasKey = FileManager.default.fileExists(atPath: archive + ".key")
    #expect(hasKey == keepingKey, sourceLocation: sourceLocation)
    #expect(
      FileManager.default.fileExists(atPath: archive + ".crt") == isArchived,
      sourceLocation: sourceLocation)
  }

  private struct Standing: Decodable {
    struct Generation: Decodable { var generation: Int }
    struct Host: Decodable {
      var trusts: [Int]
      var shows: [Int]
      var doubt: String?
    }
    var isRotating: Bool
    var generations: [Generation]
    var hosts: [Host]
  }

  /// Deletes the state, and has it recreated when every host has come to rest.
  func loseState() async throws {
    for host in RotationScene.hosts { try await settle(host, isHurried: true) }
    try removeState()
    #expect(try await deploy("rotate", "ca", "--yes").status == 1)
    try await succeed("state", "rebuild")
  }

  /// The serials of what the hosts have installed for each other, by host.
  func serials() async throws -> [String: String] {
    var serials: [String: String] = [:]
    for host in RotationScene.hosts {
      let output = try await on(
        host, "openssl x509 -noout -serial -in /etc/deploy/current/tls/*-end.crt")
      serials[host] = output.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return serials
  }
}
