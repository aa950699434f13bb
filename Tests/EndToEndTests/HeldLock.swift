import Sandbox
import Testing

/// A lock of a host that a test holds, so that a transaction waits there.
struct HeldLock {
  let scene: Scene
  let host: String
  private let command: SandboxCommand

  /// - Parameter name: `lock`, which a transaction takes first, or `switch`, which it takes between its
  ///   word and the switch.
  static func take(_ name: String, on host: String, _ scene: Scene) async throws -> HeldLock {
    let command = try scene.sandbox.spawn(
      [
        "flock", "/run/deploy/\(name)", "sh", "-c",
        """
        : > /run/held
        tries=0
        until [ -e /run/let-go ] || [ "$tries" -gt 3000 ]; do tries=$((tries + 1)); sleep 0.02; done
        rm -f /run/held /run/let-go
        """,
      ], on: .host(host))
    try await scene.await("[ -e /run/held ]", on: host)
    return HeldLock(scene: scene, host: host, command: command)
  }

  func letGo() async throws {
    try await scene.on(host, ": > /run/let-go")
    _ = try await command.wait()
  }
}

extension Scene {
  /// The processes of the host program that serve a controller, for pgrep(1): one makes the survey and the
  /// transaction of a connection.
  static let hostProgram = "'[d]eploy(/lib/[0-9a-f]+)? (survey|transaction)'"

  /// Waits, looking a bounded number of times, until a condition of the shell holds on a host.
  func await(
    _ condition: String, on host: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let output = try await on(
      host,
      """
      tries=0
      until \(condition); do tries=$((tries + 1)); [ "$tries" -lt 1500 ] || exit 1; sleep 0.02; done
      """)
    #expect(
      output.status == 0, "\(host) never came so far: \(condition)", sourceLocation: sourceLocation)
  }
}
