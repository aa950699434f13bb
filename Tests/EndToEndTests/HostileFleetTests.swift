import Diagnostics
import Foundation
import Sandbox
import TestSupport
import Testing

/// The real program and a fleet of five, one host of which answers whatever a seed says.
@Suite(
  "A hostile host of five", .serialized, .requires(isRoot, "namespaces need root"))
struct HostileFleetTests {
  private static let honest = ["app-1", "app-2", "app-3", "edge-1"]
  private static let hostile = "app-4"
  private static let mostKilobytes = 150 * 1024
  /// Seconds after which a run counts as one that does not end; those of all phases are fewer.
  private static let watchdog = "900"

  /// `DEPLOY_HOSTILE` is how many runs there are; `DEPLOY_HOSTILE_SEED` is the only one.
  private static let seeds: [UInt32] = {
    if let seed = TestSetting.number("DEPLOY_HOSTILE_SEED", as: UInt32.self) { return [seed] }
    let count = TestSetting.number("DEPLOY_HOSTILE") ?? 5
    return (0..<count).map { _ in UInt32.random(in: 0...UInt32.max) }
  }()

  private static let fleets =
    TestSetting.number("DEPLOY_HOSTILE_FLEETS") ?? 1
  /// A seed also says which of them runs.
  private static let commands = [
    ["plan"], ["apply", "--yes"], ["status"], ["plan", "--format", "json"], ["apply", "--yes"],
  ]

  private actor Seeds {
    private var left: [UInt32]

    init(_ seeds: [UInt32]) { left = seeds.reversed() }

    func next() -> UInt32? { left.popLast() }
  }

  private func play(_ body: (Scene) async throws -> Void) async throws {
    var inventory = InventoryText()
    inventory.backEnds = [
      "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
      "app-4": "198.18.0.24",
    ]
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let shell = try await scene.on(
        Self.hostile,
        """
        printf %s "$1" > /root/shell && chmod 755 /root/shell
        sed -i 's|^\\(root:.*:\\)[^:]*$|\\1/root/shell|' /etc/passwd && cat /etc/passwd
        """,
        HostileShell.text)
      #expect(shell.stdout.contains(":/root/shell\n"), "\(shell.all)")
      try await body(scene)
    }
  }

  /// All of a host that a run could change.
  private func state(of scene: Scene) async throws -> [String] {
    var texts: [String] = []
    for host in Self.honest { texts.append(try await scene.fingerprint(of: host)) }
    return texts
  }

  private func records(_ scene: Scene) throws -> [String: String] {
    let data = Data(try scene.read("shop.state.json").utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let hosts = try #require(object["hosts"] as? [String: Any])
    return try hosts.mapValues {
      String(
        decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys),
        as: UTF8.self)
    }
  }

  /// Runs a command; writes down its most kilobytes, and whether all it wrote is text.
  private static let meter = #"""
    import resource, subprocess, sys
    run = subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try: output = run.communicate(timeout=int(sys.argv[2]))[0]
    except subprocess.TimeoutExpired:
        run.kill(); output = run.communicate()[0] + b"\nit did not end\n"
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try: output.decode(); text = 1
    except UnicodeDecodeError: text = 0
    open(sys.argv[1], "w").write("%d %d" % (most, text))
    sys.stdout.buffer.write(output); sys.stdout.flush()
    sys.exit(run.returncode if run.returncode >= 0 else 128 - run.returncode)
    """#

  private static func say(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
  }

  /// Runs the program once, while the host answers by a seed.
  ///
  /// - Returns: The most memory of the run, in KiB.
  private func attack(
    _ seed: UInt32, _ scene: Scene, known: [String: String]
  ) async throws -> Int {
    var words = Self.commands[Int(seed % UInt32(Self.commands.count))]
    let name = "DEPLOY_HOSTILE_SEED=\(seed) deploy \(words.joined(separator: " "))"
    Self.say(name)
    if words[0] == "apply" { words += ["--playbook", scene.folder + "/short.yml"] }
    try await scene.on(Self.hostile, "echo \(seed) > /root/mode; rm -f /root/number /root/said")
    let start = ContinuousClock.now
    let output = try await scene.sandbox.run(
      ["python3", "-c", Self.meter, scene.folder + "/used", Self.watchdog]
        + scene.command(words), environment: Scene.environment)
    let text = "\(name)\n\(output.all)"
    let used = try scene.read("used").split(separator: " ").compactMap { Int($0) }
    let said = try await scene.on(Self.hostile, "cat /root/said").stdout
    Self.say("\(seed):\(said): \(output.status), \(ContinuousClock.now - start), \(used[0]) KiB")
    #expect([0, 1].contains(output.status), "\(output.status) \(text)")
    #expect(
      used[1] == 1 && output.all.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isDeceptive },
      "unescaped: \(text.debugDescription)")
    #expect(used[0] < Self.mostKilobytes, "\(used[0]) KiB: \(text)")
    #expect(!(try scene.read("shop.state.json").contains("owned")), "recorded: \(text)")
    for (host, record) in try records(scene) where host != Self.hostile {
      #expect(record == known[host], "\(host): \(text)")
    }
    return used[0]
  }

  @Test("affects no other host, and neither memory, time nor the terminal of the controller")
  func seeds() async throws {
    let queue = Seeds(Self.seeds)
    let start = ContinuousClock.now
    let most = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<min(Self.fleets, Self.seeds.count) {
        group.addTask {
          var most = 0
          try await play { scene in
            try scene.write("name: short\nrollout: {confirm_within: 5s}\n", to: "short.yml")
            // Something to repair there: what a survey finds leads to a transaction.
            try await scene.on(
              Self.hostile, "echo '# mine' >> /etc/deploy/current/nginx/deploy.conf")
            let before = try await state(of: scene)
            let known = try records(scene)
            while let seed = await queue.next() {
              most = max(most, try await attack(seed, scene, known: known))
            }
            #expect(try await state(of: scene) == before)
            try await scene.on(Self.hostile, "rm /root/mode")
            try await scene.apply()
            try await scene.expectNoChanges()
          }
          return most
        }
      }
      return try await group.reduce(0, max)
    }
    Self.say(
      "\(Self.seeds.count) hostile runs in \(ContinuousClock.now - start), \(most) KiB at most")
  }

  @Test(
    "does not prevent a run from ending at SIGTERM, nor the release of the state's lock",
    arguments: ["survey", "transaction", "confirmation"])
  func termination(_ phase: String) async throws {
    try await play { scene in
      try await scene.on(Self.hostile, "echo 'silent \(phase)' > /root/mode")
      var inventory = InventoryText(root: "/srv/other")
      inventory.backEnds = [
        "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
        "app-4": "198.18.0.24",
      ]
      try scene.write(inventory)
      try scene.write("name: all\nrollout: {batch: 100%, confirm_within: 5s}\n", to: "all.yml")
      let run = try scene.watch("apply", "--yes", "--playbook", scene.folder + "/all.yml")
      switch phase {
      case "survey": try await scene.await("pgrep -x shell", on: Self.hostile)
      case "transaction": try await run.expect("app-1: staged and validated")
      default: try await run.expect("app-4: switching")
      }
      try await run.command.signal(SIGTERM)
      let output = try await run.command.wait()
      #expect([130, 143].contains(output.status), "\(output.status) \(output.all)")
      try await scene.on(Self.hostile, "rm /root/mode")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}
