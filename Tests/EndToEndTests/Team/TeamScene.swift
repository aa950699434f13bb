import Foundation
import Sandbox
import TestSupport
import Testing

/// A fleet whose state is in a database, and the folders of several runners, which have nothing but the inventory,
/// the files that it names and the passphrase.
struct TeamScene {
  let scene: Scene
  let server: PostgreSQLServer
  /// The folder of each runner.
  private let runners: [String]

  /// Moves a fleet from files into a database, and opens runners beside it.
  static func play(
    _ inventory: String, on hosts: [SandboxHost], runners count: Int = 2, domains: [String],
    _ body: (TeamScene) async throws -> Void
  ) async throws {
    let server = try await PostgreSQLServer()
    let database = try server.makeDatabase()
    try await Scene.play(inventory, on: hosts) { scene in
      try await writeFiles(in: scene, domains)
      let runners = try (0..<count).map { number in
        let folder = "\(scene.folder)/runner-\(number)"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        for name in ["answer.conf", "site.crt", "site.key"] {
          try FileManager.default.copyItem(
            atPath: "\(scene.folder)/\(name)", toPath: "\(folder)/\(name)")
        }
        return folder
      }
      let team = TeamScene(scene: scene, server: server, runners: runners)
      let shared = inventory + "\nstate: {postgresql: \"\(server.connection(to: database))\"}\n"
      try scene.write(shared, to: "shop.yml")
      try await scene.succeed("state", "migrate")
      for runner in 0..<count { try team.write(shared, for: runner) }
      try await body(team)
    }
  }

  /// A certificate for the sites from elsewhere, and a page that takes a POST too.
  private static func writeFiles(in scene: Scene, _ domains: [String]) async throws {
    try scene.write("location = /answer { return 200 answered; }\n", to: "answer.conf")
    let made = try await scene.sandbox.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "60", "-subj", "/CN=\(domains[0])", "-addext",
      "subjectAltName=" + domains.map { "DNS:\($0),DNS:www.\($0)" }.joined(separator: ","),
      "-keyout", scene.folder + "/site.key", "-out", scene.folder + "/site.crt",
    ])
    #expect(made.status == 0, "\(made.all)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: scene.folder + "/site.key")
  }

  // MARK: - Runners

  func write(_ inventory: String, for runner: Int) throws {
    try inventory.write(
      toFile: "\(runners[runner])/shop.yml", atomically: true, encoding: .utf8)
  }

  func inventory(of runner: Int) throws -> String {
    try String(contentsOfFile: "\(runners[runner])/shop.yml", encoding: .utf8)
  }

  private func command(_ runner: Int, _ arguments: [String]) -> [String] {
    let verbs = arguments.prefix { !$0.hasPrefix("-") }
    return [Scene.program] + verbs + ["--inventory", "\(runners[runner])/shop.yml"]
      + arguments.dropFirst(verbs.count)
  }

  func run(_ runner: Int, _ arguments: String...) async throws -> CommandOutput {
    try await scene.sandbox.run(command(runner, arguments), environment: Scene.environment)
  }

  @discardableResult
  func succeed(
    _ runner: Int, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> CommandOutput {
    let output = try await scene.sandbox.run(
      command(runner, arguments), environment: Scene.environment)
    #expect(output.status == 0, "\(arguments): \(output.all)", sourceLocation: sourceLocation)
    return output
  }

  func watch(_ runner: Int, _ arguments: String...) throws -> WatchedRun {
    let log = "\(runners[runner])/watched.log"
    try "".write(toFile: log, atomically: true, encoding: .utf8)
    let redirected = ["sh", "-c", "exec \"$@\" 2>\"$0\"", log] + command(runner, arguments)
    return WatchedRun(
      command: try scene.sandbox.spawn(redirected, environment: Scene.environment), log: log)
  }

  func expectNoChanges(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    for runner in runners.indices {
      let output = try await run(runner, "plan", "--detailed-exitcode")
      #expect(output.status == 0, "\(output.all)", sourceLocation: sourceLocation)
    }
  }

  // MARK: - The database

  private var database: String {
    get throws {
      let inventory = try scene.read("shop.yml")
      return String(inventory.matches(of: /dbname=(\w+)/).first?.1 ?? "")
    }
  }

  @discardableResult
  func query(_ sql: String) throws -> String { try server.run(sql, in: database) }

  /// As if the time had passed after which a run that was not heard of loses what it reserved.
  func letReservationsExpire() throws {
    try query("UPDATE deploy.runs SET alive_until = clock_timestamp() WHERE ended_at IS NULL")
  }

  /// Ends every connection to the database, as a restart of a proxy does.
  func cutConnections() throws {
    try query(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND application_name = 'deploy'
      """)
  }
}
