import Foundation
import Sandbox
import Testing

/// One fleet and two operators, each with a folder: inventory, state and CA of its own.
final class TwinFleet {
  enum Operator: String, CaseIterable {
    case anna, bert
    var other: Operator { self == .anna ? .bert : .anna }
  }

  static let allBackEnds = [
    "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
  ]
  static let allFrontEnds = [
    "edge-1": "198.18.0.10", "edge-2": "198.18.0.11", "edge-3": "198.18.0.12",
  ]
  /// Those that visitors come through: never removed.
  static let doors = ["edge-1", "edge-2"]
  static let hosts = (Array(allBackEnds.keys) + Array(allFrontEnds.keys)).sorted()

  /// What the fleet is to be, as a shared repository has it.
  struct Wanted: Equatable, CustomStringConvertible {
    var backEnds: Set<String> = ["app-1", "app-2"]
    var frontEnds: Set<String> = ["edge-1", "edge-2"]
    var port = 8443
    var root = "/srv/shop"
    var header = 0

    var hosts: [String] { backEnds.union(frontEnds).sorted() }
    var description: String {
      "\(hosts.joined(separator: " ")), port \(port), \(root), header \(header)"
    }

    var inventory: InventoryText {
      var text = InventoryText(
        frontEnds: TwinFleet.allFrontEnds.filter { frontEnds.contains($0.key) },
        backEnds: TwinFleet.allBackEnds.filter { backEnds.contains($0.key) })
      text.siteCertificate = "{files: {certificate: site.crt, key: site.key}}"
      text.siteLines = ["snippets: {back_end: answer.conf, front_end: edge.conf}"]
      (text.port, text.root) = (port, root)
      return text
    }
  }

  let scene: Scene
  let visitors: Visitors
  /// What the repository says now.
  var wanted = Wanted()
  /// What each operator's working copy says.
  var copies: [Operator: Wanted] = [:]
  /// Copies of each operator's folder, oldest first.
  var backups: [Operator: [String]] = [:]
  /// Whose folder was last used with success.
  var latest = Operator.anna

  /// - Parameter body: ends with the visitors still there.
  static func play(_ body: (TwinFleet) async throws -> Void) async throws {
    var all = Wanted()
    all.backEnds = Set(allBackEnds.keys)
    all.frontEnds = Set(allFrontEnds.keys)
    let hosts = try all.inventory.sandboxHosts()
    try await Scene.play(Wanted().inventory.text, on: hosts) { scene in
      try await RotationScene.writeSite(in: scene)
      try scene.write("add_header X-Shop 0;\n", to: "edge.conf")
      try scene.write("name: quick\nrollout: {batch: 50%, confirm_within: 5s}\n", to: "quick.yml")
      try await scene.apply()
      let fleet = TwinFleet(
        scene: scene,
        visitors: try Visitors(
          scene, allFrontEnds.filter { doors.contains($0.key) }, perSecond: 4))
      for someone in Operator.allCases { try await fleet.start(someone) }
      // The folder that both began with is no longer used.
      try await body(fleet)
    }
  }

  private init(scene: Scene, visitors: Visitors) {
    (self.scene, self.visitors) = (scene, visitors)
  }

  func folder(_ someone: Operator) -> Scene {
    Scene(sandbox: scene.sandbox, folder: "\(scene.folder)/\(someone)")
  }

  private func start(_ someone: Operator) async throws {
    try await shell(
      """
      mkdir "$2" && cd "$1" && cp -a shop.* site.crt site.key answer.conf edge.conf quick.yml "$2"
      """, scene.folder, folder(someone).folder)
    copies[someone] = wanted
    try await backUp(someone)
  }

  /// Brings an operator's inventory to what the repository says.
  func pull(_ someone: Operator) throws {
    copies[someone] = wanted
    try folder(someone).write(wanted.inventory)
    try folder(someone).write("add_header X-Shop \(wanted.header);\n", to: "edge.conf")
  }

  // MARK: - Folders

  enum Part: String, CaseIterable {
    case folder, state, ca

    /// The names of its files, as a shell sees them.
    fileprivate var pattern: String {
      switch self {
      case .folder: "shop.state.j* shop.ca*"
      case .state: "shop.state.j*"
      case .ca: "shop.ca*"
      }
    }
  }

  func backUp(_ someone: Operator) async throws {
    let number = backups[someone, default: []].count
    let path = "\(scene.folder)/backup-\(someone)-\(number)"
    try await copy(.folder, from: folder(someone).folder, to: path)
    backups[someone, default: []].append(path)
  }

  func copy(_ part: Part, from: String, to: String) async throws {
    try await shell(
      """
      mkdir -p "$2" && cd "$2" && rm -rf \(part.pattern) && cd "$1" &&
        for name in \(part.pattern); do [ ! -e "$name" ] || cp -a "$name" "$2" || exit; done
      """, from, to)
  }

  func lose(_ part: Part, of someone: Operator) async throws {
    try await shell("cd \"$1\" && rm -rf \(part.pattern)", folder(someone).folder)
  }

  @discardableResult
  func shell(_ script: String, _ arguments: String...) async throws -> CommandOutput {
    let output = try await scene.sandbox.run(["sh", "-c", script, "sh"] + arguments)
    #expect(output.status == 0, "\(script)\n\(output.all)")
    return output
  }
}
