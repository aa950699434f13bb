import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A controller crash leaves every host whole", .serialized,
  .requires(isRoot, "namespaces need root"))
struct ControllerCrashTests {
  private static let hosts = ["app-1", "app-2", "edge-1"]
  private static let momentsOfAChange = TestSetting.count(4, inSweep: 24)
  private static let momentsOfTheFirstApply = TestSetting.count(2, inSweep: 12)

  @Test(
    "after a crash at any event or moment, a change is old or new, and the next run completes it")
  func change() async throws {
    var generator = SeededGenerator.announced()
    try await Scene.play(Variant(0).inventory, alter: mixedSystems) { scene in
      try Variant(0).write(to: scene)
      try await scene.apply()
      var tally = Tally()
      var number = 1
      let length = try await length(of: number, in: scene)
      for event in Self.events {
        number += 1
        try await fire(at: .event(event), .byItself, of: number, in: scene, &tally)
      }
      for moment in 0..<Self.momentsOfAChange {
        number += 1
        let part = Self.part(moment, of: Self.momentsOfAChange, &generator)
        try await fire(
          at: .moment(length * part), moment.isMultiple(of: 2) ? .hurried : .byTheNextRun,
          of: number, in: scene, &tally)
      }
      print("kills of a change in \(length): \(tally)")
      #expect(tally.old > 0 && tally.mixed > 0 && tally.new > 0, "\(tally)")
    }
  }

  @Test("after a crash of the first apply, hosts are bare or whole, and the next run completes it")
  func firstApply() async throws {
    var generator = SeededGenerator.announced()
    try await Scene.play(Variant(0).inventory, alter: mixedSystems) { scene in
      try Variant(0).write(to: scene)
      let bare = try await Self.hosts.asyncMap { try await scene.fingerprint(of: $0) }
      let start = ContinuousClock.now
      try await scene.apply()
      let length = ContinuousClock.now - start
      let moments = (0..<Self.momentsOfTheFirstApply).map { moment in
        Kill.moment(length * Self.part(moment, of: Self.momentsOfTheFirstApply, &generator))
      }
      var wholes: [Int] = []
      for kill in Self.events.map(Kill.event) + moments {
        try await strip(scene)
        #expect(try await Self.hosts.asyncMap { try await scene.fingerprint(of: $0) } == bare)
        try await self.kill(scene, at: kill)
        var whole = 0
        for (host, bare) in zip(Self.hosts, bare) {
          try await scene.settle(host, isHurried: true)
          if try await scene.fingerprint(of: host) == bare { continue }
          whole += 1
          try await scene.expectWhole(host, "killed \(kill)")
        }
        wholes.append(whole)
        try await apply(scene)
        try await scene.expectNoChanges()
      }
      print("kills of a first apply in \(length): hosts made before the kill: \(wholes)")
      #expect(wholes.contains(0) && wholes.contains(3) && Set(wholes).count > 2, "\(wholes)")
    }
  }

  /// A random place in one of several equal parts of a run, between 0 and 1.
  private static func part(
    _ moment: Int, of count: Int, _ generator: inout SeededGenerator
  ) -> Double {
    (Double(moment) + .random(in: 0..<1, using: &generator)) / Double(count)
  }

  /// Every line that a run prints about a host.
  private static let events =
    hosts.map { "\($0): staged and validated" }
    + hosts.flatMap { ["\($0): switching", "\($0): confirmed"] }

  // MARK: - One kill

  private enum Kill {
    case event(String)
    case moment(Duration)
  }

  /// How a host settles that was not confirmed.
  private enum Settling {
    case byItself
    case hurried
    /// The next run begins at once, and has to wait for it.
    case byTheNextRun
  }

  private func apply(_ scene: Scene) async throws {
    try await scene.succeed("apply", "--yes", "--playbook", scene.writeShortPlaybook())
  }

  private func length(of number: Int, in scene: Scene) async throws -> Duration {
    try Variant(number).write(to: scene)
    let start = ContinuousClock.now
    try await scene.apply()
    return ContinuousClock.now - start
  }

  private func kill(_ scene: Scene, at kill: Kill) async throws {
    let run = try scene.watch("apply", "--yes", "--playbook", scene.writeShortPlaybook())
    switch kill {
    case .event(let line): try await run.expect(line)
    // The moment is what is tested: nothing is waited for.
    case .moment(let moment): try await Task.sleep(for: moment)
    }
    try await run.kill()
  }

  private func fire(
    at moment: Kill, _ settling: Settling, of number: Int, in scene: Scene, _ tally: inout Tally
  ) async throws {
    let (old, new) = (Variant(number - 1), Variant(number))
    try new.write(to: scene)
    try await kill(scene, at: moment)
    try await expectAnswers(of: [old, new], in: scene, "at the kill, \(moment)")
    try await scene.succeed("state", "show")
    if settling != .byTheNextRun {
      try await Self.hosts.concurrently { host in
        try await scene.settle(host, isHurried: settling == .hurried)
        try await scene.expectWhole(host, "killed \(moment)")
      }
    }
    tally.count(try await expectAnswers(of: [old, new], in: scene, "killed \(moment)"), new)
    try await apply(scene)
    try await Self.hosts.concurrently { host in
      try await scene.expectWhole(host, "repaired after \(moment)")
    }
    try await expectAnswers(of: [new], in: scene, "repaired after \(moment)")
    try await scene.expectNoChanges()
  }

  /// Asks each back-end directly, and the front-end: each is entirely of one variant.
  ///
  /// - Returns: the variant of each host.
  @discardableResult
  private func expectAnswers(
    of variants: [Variant], in scene: Scene, _ why: String
  ) async throws -> [Variant] {
    async let backEndsAnswer = scene.on(
      "edge-1",
      """
      cd /etc/deploy/current/tls
      for address in 198.18.0.21 198.18.0.22; do
        curl -sk --retry 3 --retry-all-errors --retry-delay 0 --max-time 10 --cert front-end.crt --key front-end.key \
          --resolve "shop.example:443:$address" https://shop.example/
      done
      """)
    async let frontAnswer = scene.fetch(
      "/", options: ["--include", "--retry", "3", "--retry-all-errors"])
    let (backEnds, front) = try await (backEndsAnswer, frontAnswer)
    let answers = backEnds.all.split(separator: "\n").map(String.init)
    var found = zip(["app-1", "app-2"], answers).compactMap { host, answer in
      variants.first { answer == "\($0.root) \(host)" }
    }
    found += variants.filter { front.stdout.lowercased().contains("x-shop: \($0.header)\r\n") }
    #expect(
      found.count == 3 && front.stdout.hasPrefix("HTTP/2 200"),
      "\(why): \(backEnds.all)\(front.all)")
    return found
  }

  /// Removes everything of `deploy` from the hosts and the controller.
  private func strip(_ scene: Scene) async throws {
    for host in Self.hosts {
      let output = try await scene.on(
        host,
        """
        rm -rf /etc/deploy /etc/nginx/conf.d/deploy.conf /run/deploy &&
          nft delete table inet deploy && nginx -s reload || exit
        [ -d /run/systemd/system ] || exit 0
        systemctl stop deploy.service && cd /etc/systemd/system && rm -r deploy.service \
          sysinit.target.wants/deploy.service nftables.service.d && systemctl daemon-reload
        """)
      #expect(output.status == 0, "\(output.all)")
    }
    try scene.removeState()
  }
}

/// One of two states of the fleet that differ on every host.
private struct Variant: Equatable {
  let root: String
  let header: String

  init(_ number: Int) {
    (root, header) = number.isMultiple(of: 2) ? ("/srv/shop", "even") : ("/srv/other", "odd")
  }

  var inventory: InventoryText {
    InventoryText(root: root, siteLines: ["snippets: {front_end: snippets/edge.conf}"])
  }

  func write(to scene: Scene) throws {
    try scene.write(inventory)
    try scene.write("add_header X-Shop \(header);\n", to: "snippets/edge.conf")
  }
}

/// The states of the hosts after the crashes.
private struct Tally: CustomStringConvertible {
  private(set) var old = 0
  private(set) var mixed = 0
  private(set) var new = 0

  mutating func count(_ found: [Variant], _ wanted: Variant) {
    switch found.count(where: { $0 == wanted }) {
    case 0: old += 1
    case found.count: new += 1
    default: mixed += 1
    }
  }

  var description: String { "\(old) all old, \(mixed) mixed, \(new) all new" }
}
