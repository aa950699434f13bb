import Foundation
import Sandbox
import TestSupport
import Testing

/// A change of the fleet, from the inventory before it.
struct FleetMove: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var change: @Sendable (inout FleetText) -> Void

  init(_ name: String, _ change: @escaping @Sendable (inout FleetText) -> Void) {
    testDescription = name
    self.change = change
  }

  /// One after the other, each from what the one before it left.
  static let all: [FleetMove] = [
    FleetMove("a back-end is added") { $0.backEnds["app-3"] = "198.18.0.23" },
    FleetMove("a container is published") {
      $0.backEnds["carry-1"] = "198.18.0.24"
      $0.containers["carry-1"] = "{address: 198.19.24.5, publish: 8443}"
    },
    FleetMove("a container is published on another port, and its own changes") {
      $0.containers["carry-1"] = "{address: 198.19.24.5, port: 8444, publish: 9444}"
    },
    FleetMove("a container goes, and its host with it") { $0.backEnds["carry-1"] = nil },
    FleetMove("a site's port changes") { $0.sites["shop.example"]?.port = 8443 },
    FleetMove("a back-end moves to another address") { $0.backEnds["app-1"] = "198.18.1.21" },
    FleetMove("a front-end moves to another address") { $0.frontEnds["edge-2"] = "198.18.1.11" },
    FleetMove("a front-end is added") { $0.frontEnds["edge-3"] = "198.18.0.12" },
    FleetMove("a site is split over other hosts") {
      $0.sites["shop.example"]?.backEnds = ["app-2", "app-3"]
    },
    FleetMove("a site comes, and with it another port") {
      $0.sites["new.example"] = .init(port: 9443, backEnds: ["app-1", "app-3"])
    },
    FleetMove("a site is renamed, and the old name goes") {
      $0.sites["newer.example"] = $0.sites.removeValue(forKey: "new.example")
    },
    FleetMove("a host takes the other role too") {
      $0.backEnds["edge-3"] = "198.18.0.12"
      $0.sites["shop.example"]?.backEnds = ["app-2", "app-3", "{host: edge-3, port: 8444}"]
    },
    FleetMove("several at once: a port, an address, a host that goes, a host that comes") {
      $0.sites["shop.example"]?.port = 443
      $0.sites["shop.example"]?.backEnds = ["app-1", "app-3"]
      $0.backEnds["app-1"] = "198.18.0.21"
      $0.backEnds["edge-3"] = nil
      $0.sites["newer.example"]?.backEnds = ["app-3"]
    },
    FleetMove("a front-end and a back-end are removed") {
      $0.frontEnds["edge-3"] = nil
      $0.backEnds["app-2"] = nil
    },
  ]
}

/// An inventory of several sites.
struct FleetText {
  struct Site {
    var port = 443
    var backEnds: [String]
  }

  var frontEnds = ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"]
  var backEnds = ["app-1": "198.18.0.21", "app-2": "198.18.0.22"]
  /// By the host that publishes it.
  var containers: [String: String] = [:]
  var sites = ["shop.example": Site(backEnds: [])]

  var text: String {
    func hosts(_ hosts: [String: String]) -> String {
      hosts.sorted { $0.key < $1.key }.map { name, address in
        let container = containers[name].map { ", container: \($0)" } ?? ""
        return "  \(name): {address: \(address)\(container)}"
      }.joined(separator: "\n")
    }
    let sites = sites.sorted { $0.key < $1.key }.map { domain, site in
      """
        \(domain):
          front_ends: all
          back_ends: \(site.backEnds.isEmpty ? "all" : "[\(site.backEnds.joined(separator: ", "))]")
          certificate: {ca: true}
          back_end: {port: \(site.port), root: /srv/shop}
          snippets: {back_end: answers.conf}
      """
    }
    return """
      fleet: shop
      ca: {name: Shop Certification Center, passphrase: {env: DEPLOY_PASSPHRASE}}
      ssh: {user: root, identity: ~/.ssh/id_ed25519}
      front_ends:
      \(hosts(frontEnds))
      back_ends:
      \(hosts(backEnds))
      sites:
      \(sites.joined(separator: "\n"))
      firewall: {policy: drop}
      """
  }

  /// Every host that any of the changes has, at all of its addresses.
  static let machines: [SandboxHost] = [
    ("app-1", ["198.18.0.21", "198.18.1.21"]), ("app-2", ["198.18.0.22"]),
    ("app-3", ["198.18.0.23"]), ("edge-1", ["198.18.0.10"]),
    ("edge-2", ["198.18.0.11", "198.18.1.11"]), ("edge-3", ["198.18.0.12"]),
    ("carry-1", ["198.18.0.24"]), ("carry-1.container", ["198.19.24.5"]),
  ].map { name, addresses in
    SandboxHost(
      name: name, addresses: addresses, pages: ["/srv/shop/index.html": "/srv/shop \(name)\n"],
      // A host needs no nginx for its container.
      isBare: name == "carry-1", containerHost: name == "carry-1.container" ? "carry-1" : nil)
  }
}

@Suite("A change of the fleet", .serialized, .requires(isRoot, "namespaces need root"))
struct ChangeTests {
  @Test("fails no visitor's request, whatever moves")
  func moves() async throws {
    var fleet = FleetText()
    try await Scene.play(fleet.text, on: FleetText.machines) { scene in
      // A back-end takes a POST as well, so that both kinds of requests count.
      try scene.write(
        "location = /post { if ($request_method = POST) { return 200 taken; } return 200 got; }\n",
        to: "answers.conf")
      try await scene.apply()
      // A front-end that moves is asked where it was, for as long as the machine has that address.
      let visitors = try Visitors(
        scene, ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"],
        asking: .init(path: "/post", certificate: "shop.ca/ca-1.crt"), [.connectionForEach])
      for move in FleetMove.all {
        move.change(&fleet)
        try scene.write(fleet.text, to: "shop.yml")
        let output = try await scene.apply()
        #expect(!output.stdout.contains("No changes"), "\(move.testDescription)\n\(output.stdout)")
        try await scene.expectNoChanges()
      }
      try await visitors.expectNoFailure("\(FleetMove.all.count) changes")
    }
  }
}

extension ChangeTests {
  @Test("stops at the barrier if a host cannot be reached, and continues in the next run")
  func barrier() async throws {
    var fleet = FleetText()
    let machines = FleetText.machines.filter {
      ["app-1", "app-2", "edge-1", "edge-2"].contains($0.name)
    }
    try await Scene.play(fleet.text, on: machines) { scene in
      try scene.write("", to: "answers.conf")
      try await scene.apply()
      fleet.sites["shop.example"]?.port = 8443
      try scene.write(fleet.text, to: "shop.yml")
      try await scene.sandbox.stopSSH(on: "app-2")
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1, "\(output.all)")
      #expect(output.stdout.contains("edge-1, edge-2 wait for app-2"), "\(output.stdout)")
      let summary = output.stdout.components(separatedBy: "\nPlan: ").last ?? ""
      #expect(summary.contains("app-2   unreachable"), "\(output.stdout)")
      #expect(summary.contains("edge-1  not attempted"), "\(output.stdout)")
      #expect(summary.contains("it waits for app-2"), "\(output.stdout)")
      // Both back-ends serve still: one on both ports, the other on the old one.
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
          == ["/srv/shop app-1", "/srv/shop app-2"])

      try await scene.sandbox.startSSH(on: "app-2")
      try await scene.apply()
      try await scene.expectNoChanges()
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
          == ["/srv/shop app-1", "/srv/shop app-2"])
    }
  }
}
