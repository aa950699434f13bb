import Fleet
import FleetLiterals
import Inventories
import State

/// Fleets of two sizes, with and without trouble.
enum SampleFleets {
  static let smallText = """
    fleet: shop
    ca: {name: Shop CA, passphrase: {env: X}}
    front_ends:
      edge-1: {address: 198.18.0.10}
      edge-2: {address: 198.18.0.11}
    back_ends:
      app-1: {address: 198.18.0.21}
      app-2: {address: 198.18.0.22}
      app-3: {address: 198.18.0.23}
    sites:
      shop.example:
        front_ends: all
        back_ends: [app-1, app-2]
        certificate: {ca: true}
        back_end: {root: /srv/shop}
      blog.shop.example:
        front_ends: all
        back_ends: [app-1, app-2]
        certificate: {ca: true}
        back_end: {root: /srv/blog}
      admin.shop.example:
        front_ends: [edge-1]
        back_ends: [app-3]
        certificate: {ca: true}
        back_end: {root: /srv/admin}

    """

  /// Five hosts, all as installed.
  static var small: ReportScene {
    var scene = ReportScene(smallText)
    scene.verify { _, _, _ in [] }
    scene.addRun(
      ["apply"], daysAgo: 1, exit: 0, scene.inventory.hosts.map { ($0.name, "confirmed") })
    return scene
  }

  /// Five hosts: one drifted, one unreachable, one edge broken, a certificate due.
  static var troubled: ReportScene {
    var scene = ReportScene(smallText, daysLeft: { [250, 12, 190, 88, 301][$0 % 5] })
    scene.damage("app-2") {
      $0.driftedFiles = ["nginx/back-end/shop.example.conf", "firewall.nft"]
    }
    scene.survey["app-3"] = .unreachable(
      "could not connect to 198.18.0.23 port 22: Connection refused")
    scene.verify { site, from, to in
      to == "app-3"
        ? ["the back-end refuses the connection: Connection refused"]
        : site == "shop.example" && from == "edge-2" && to == "app-1"
          ? ["the back-end refuses the front-end's certificate: TLS handshake failed"] : []
    }
    scene.addRun(
      ["apply", "--yes"], daysAgo: 0, exit: 1, [("app-3", "unreachable"), ("app-1", "confirmed")],
      failure: "the change has failed on a host")
    scene.addRun(["rotate", "certificates"], daysAgo: 3, exit: 0, [("app-1", "confirmed")])
    scene.addRun(["apply", "--limit", "app-1"], daysAgo: 9, exit: nil)
    return scene
  }

  /// Four hosts as installed, and one that is new in the inventory.
  static var withoutOneRelease: ReportScene {
    var scene = small
    scene.state.hosts["app-3"] = nil
    scene.damage("app-3") {
      ($0.manifest, $0.currentRelease, $0.servedReleases) = (nil, nil, [])
      ($0.includesRelease, $0.firewall) = (false, .absent)
    }
    return scene
  }

  /// A thousand hosts, of which a twentieth have some trouble, and forty groups of sites.
  static var large: ReportScene {
    let regions = (1...40).map { region in
      (
        frontEnds: (1...5).map { "edge-\(region)-\($0)" },
        backEnds: (1...20).map { "app-\(region)-\($0)" }, region: region
      )
    }
    func hosts(_ names: [String], _ first: Int) -> [String] {
      names.enumerated().map { index, name in
        let number = first + index
        return "  \(name): {address: 10.\(number >> 16).\(number >> 8 & 255).\(number & 255)}"
      }
    }
    let lines =
      ["fleet: world", "ca: {name: World CA, passphrase: {env: X}}", "front_ends:"]
      + hosts(regions.flatMap(\.frontEnds), 256) + ["back_ends:"]
      + hosts(regions.flatMap(\.backEnds), 70_000) + ["sites:"]
      + regions.flatMap { region in
        ["www", "api", "static"].flatMap { name in
          [
            "  \(name).r\(region.region).example:",
            "    front_ends: [\(region.frontEnds.joined(separator: ", "))]",
            "    back_ends: [\(region.backEnds.joined(separator: ", "))]",
            "    certificate: {ca: true}", "    back_end: {root: /srv/\(name)}",
          ]
        }
      }
    var scene = ReportScene(
      lines.joined(separator: "\n") + "\n", daysLeft: { 20 + Int64($0 * 37 % 340) })
    for (index, host) in scene.inventory.hosts.map(\.name).enumerated() {
      switch index % 97 {
      case 3: scene.damage(host) { $0.driftedFiles = ["nginx/deploy.conf"] }
      case 41: scene.survey[host] = .unreachable("could not connect: no answer within 10 s")
      case 77 where index % 2 == 0:
        scene.damage(host) { ($0.nginxIsRunning, $0.servedReleases) = (false, []) }
      default: break
      }
    }
    // A whole region lost its back-ends.
    for number in 1...16 {
      scene.survey["app-7-\(number)"] = .unreachable(
        "could not connect: No route to host")
    }
    let survey = scene.survey
    scene.verify { _, from, to in
      if case .unreachable = survey[to], from != nil {
        ["the back-end does not answer"]
      } else {
        []
      }
    }
    for day in 0..<8 {
      scene.addRun(
        ["renew"], daysAgo: Int64(day), exit: day == 5 ? 1 : 0, [("edge-1-1", "confirmed")])
    }
    return scene
  }

  /// Names and messages that would be markup, scripts or styles if they were not escaped.
  static let hostileWords = [
    "</style><script>window.injected=1</script>",
    "\"><img src=x onerror=window.injected=2><svg onload=window.injected=3>",
    "' onmouseover='window.injected=4' x='", "javascript:window.injected=5",
    "\u{202E}txt.exe\u{0}\u{1B}[31m", "]]>--><!--", "&lt;script&gt;",
  ]

  static var hostile: ReportScene {
    var scene = troubled
    scene.survey["app-3"] = .unreachable(hostileWords.joined(separator: " "))
    scene.damage("app-2") { $0.driftedFiles = hostileWords }
    scene.state.caGenerations[0].commonName = hostileWords[1]
    scene.addRun(hostileWords, daysAgo: 1, exit: 1, failure: hostileWords[0], by: hostileWords[2])
    return scene
  }
}
