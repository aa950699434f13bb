import Application
import Diagnostics
import Foundation
import Inventories
import Sandbox
import Testing

let isRoot = geteuid() == 0

/// A fleet in a sandbox, an inventory for it, and the real program beside them.
struct Scene {
  let sandbox: Sandbox
  /// Holds the inventory and what `deploy` puts beside it.
  let folder: String
  var inventoryPath: String { folder + "/shop.yml" }
  var statePath: String { folder + "/shop.state.json" }

  /// A secret that must be found nowhere.
  static let passphrase = "correct-horse-\(UInt64.random(in: .min ... .max))"

  /// Opens a fleet for the hosts of an inventory, with a CA made, and closes it whatever happens.
  ///
  /// - Parameter alter: changes a host before it is made.
  static func play(
    _ inventory: InventoryText = InventoryText(), alter: (inout SandboxHost) -> Void = { _ in },
    _ body: (Scene) async throws -> Void
  ) async throws {
    try await play(inventory.text, on: inventory.sandboxHosts(alter), body)
  }

  /// Opens a fleet of these hosts, with an inventory for it and a CA made.
  static func play(
    _ inventory: String, on hosts: [SandboxHost], _ body: (Scene) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "deploy-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false)
    defer { remove(folder) }
    let sandbox = try await Sandbox.open(hosts: hosts)
    let scene = Scene(sandbox: sandbox, folder: folder)
    do {
      try scene.write(inventory, to: "shop.yml")
      try await scene.succeed("ca", "create")
      try await body(scene)
    } catch {
      await sandbox.close()
      throw error
    }
    await sandbox.close()
  }

  private static func remove(_ folder: String) {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      Issue.record("the folder of the test could not be removed: \(error)")
    }
  }

  func write(_ inventory: InventoryText) throws { try write(inventory.text, to: "shop.yml") }

  func write(_ text: String, to name: String) throws {
    let url = URL(filePath: "\(folder)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: URL(filePath: "\(folder)/\(name)"), encoding: .utf8)
  }

  /// Removes the state, with the journal that a killed run has left.
  func removeState() throws {
    for name in ["shop.state.json", "shop.state.json.previous", "shop.state.journal"]
    where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// The hosts that the state records as having a release; what was issued to others stays known.
  func recordedHosts() throws -> Set<String> {
    let state = try JSONSerialization.jsonObject(with: Data(read("shop.state.json").utf8))
    let hosts = try #require((state as? [String: Any])?["hosts"] as? [String: Any])
    return Set(hosts.keys)
  }

  // MARK: - The program

  /// `DEPLOY_PROGRAM` names another build, to see a test fail with a version that has the fault.
  static let program: String = {
    if let other = ProcessInfo.processInfo.environment["DEPLOY_PROGRAM"] { return other }
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return folder.appending(path: "deploy").path
  }()

  static let environment = ["DEPLOY_PASSPHRASE": passphrase, "NO_COLOR": "1"]

  @discardableResult
  func deploy(_ arguments: String...) async throws -> CommandOutput {
    try await deploy(arguments)
  }

  func deploy(_ arguments: [String]) async throws -> CommandOutput {
    try await sandbox.run(command(arguments), environment: Self.environment)
  }

  func spawn(_ arguments: String...) throws -> SandboxCommand {
    try sandbox.spawn(command(arguments), environment: Self.environment)
  }

  /// Starts the program with its standard error in a file, where it can be read meanwhile.
  func watch(_ arguments: String...) throws -> WatchedRun {
    let log = "\(folder)/watched.log"
    try write("", to: "watched.log")
    let redirected = ["sh", "-c", "exec \"$@\" 2>\"$0\"", log] + command(arguments)
    return WatchedRun(
      command: try sandbox.spawn(redirected, environment: Self.environment), log: log)
  }

  func command(_ arguments: [String]) -> [String] {
    let verbs = arguments.prefix { !$0.hasPrefix("-") }
    return [Self.program] + verbs + ["--inventory", inventoryPath]
      + arguments.dropFirst(verbs.count)
  }

  @discardableResult
  func succeed(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> CommandOutput {
    let output = try await sandbox.run(command(arguments), environment: Self.environment)
    #expect(
      output.status == 0, "deploy \(arguments.joined(separator: " "))\n\(output.all)",
      sourceLocation: sourceLocation)
    return output
  }

  @discardableResult
  func apply(sourceLocation: SourceLocation = #_sourceLocation) async throws -> CommandOutput {
    try await succeed("apply", "--yes", sourceLocation: sourceLocation)
  }

  /// The state is what the inventory says: the second run finds nothing.
  func expectNoChanges(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let output = try await deploy("plan", "--detailed-exitcode")
    #expect(output.status == 0, "\(output.all)", sourceLocation: sourceLocation)
  }

  // MARK: - The hosts

  @discardableResult
  func on(_ host: String, _ script: String, _ arguments: String...) async throws -> CommandOutput {
    try await on(host, script, arguments)
  }

  func on(_ host: String, _ script: String, _ arguments: [String]) async throws -> CommandOutput {
    try await sandbox.run(["sh", "-c", script, "sh"] + arguments, on: .host(host))
  }

  /// Every file that `deploy` could touch on a host but what it says of its last run, by digest, and
  /// the loaded rules.
  func fingerprint(of host: String) async throws -> String {
    try await on(
      host,
      """
      find /etc -xdev -type f ! -path /etc/deploy/result ! -path '/etc/deploy/discarded/*' \
        -exec sha256sum {} + 2>/dev/null | sort -k 2
      find /etc -xdev -type l -exec ls -l --time-style=+ {} + 2>/dev/null | sort
      find /etc/deploy -type d ! -name discarded 2>/dev/null | sort
      nft list ruleset
      """
    ).stdout
  }

  /// The same, when the transaction that may be under way there has ended.
  func settledFingerprint(of host: String) async throws -> String {
    try await settle(host)
    return try await fingerprint(of: host)
  }

  /// Waits, checking a limited number of times, until a host has ended its automatic actions.
  ///
  /// - Parameter isHurried: whether an unconfirmed release is rolled back at once.
  func settle(_ host: String, isHurried: Bool = false) async throws {
    let output = try await on(
      host,
      """
      [ -e /run/deploy/lock ] || exit 0
      at=/etc/deploy tries=0
      while [ -e $at/pending ] || [ -e $at/undoing ] || [ -e $at/confirming ] ||
        ! flock -s -n /run/deploy/lock true
      do
        release=$(cut -d ' ' -f 1 $at/pending 2>/dev/null)
        [ "$1" = no ] || [ -z "$release" ] || sh $at/undo.sh now "$release"
        tries=$((tries + 1))
        [ "$tries" -lt 400 ] || exit 1
        sleep 0.1
      done
      """, isHurried ? "yes" : "no")
    #expect(output.status == 0, "\(host) does not end its transaction: \(output.all)")
  }

  /// A playbook under which a host that is not confirmed rolls back soon.
  func writeShortPlaybook() throws -> String {
    try write("name: short\nrollout: {batch: 25%, confirm_within: 5s}\n", to: "short.yml")
    return "\(folder)/short.yml"
  }

  /// Fetches the site through a front-end, from the controller.
  func fetch(
    _ path: String = "/", from frontEnd: String = "198.18.0.10", domain: String = "shop.example",
    options: [String] = []
  ) async throws -> CommandOutput {
    try await sandbox.run(
      ["curl", "-sS", "--max-time", "10", "--cacert", folder + "/shop.ca/ca-1.crt"]
        + ["--resolve", "\(domain):443:\(frontEnd)", "https://\(domain)\(path)"] + options)
  }

  /// The back-ends that answer, asked a bounded number of times.
  func answering(_ expected: Set<String>, domain: String = "shop.example") async throws -> Set<
    String
  > {
    var answers: Set<String> = []
    for _ in 0..<40 {
      let output = try await fetch(domain: domain)
      guard output.status == 0 else { return ["curl: \(output.stderr)"] }
      answers.insert(output.stdout.trimmingCharacters(in: .whitespacesAndNewlines))
      if answers.isSuperset(of: expected) { break }
    }
    return answers
  }
}

extension CommandOutput {
  var all: String { stdout + stderr }
}
