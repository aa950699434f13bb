import Foundation
import Sandbox

let isRoot = geteuid() == 0
let currentFolder = FileManager.default.currentDirectoryPath

/// Why hosts with systemd cannot be tested here.
let blocker = SandboxHost.System.systemd.blocker
/// The kinds of hosts that can be.
let systems = SandboxHost.System.allCases.filter { $0.blocker == nil }

/// Three hosts, of which one has an unusual SSH port and each one a page.
let threeHosts = ["app-1", "app-2", "app-3"].enumerated().map { index, name in
  SandboxHost(
    name: name, addresses: ["198.18.0.1\(index + 1)", "2001:2::1\(index + 1)"],
    sshPort: index == 1 ? 2222 : 22, pages: ["/var/www/html/index.html": "I am \(name)\n"])
}

/// Opens a box for the body and closes it, whatever happens.
func withSandbox<Result: Sendable>(
  _ hosts: [SandboxHost] = threeHosts, controller: SandboxController = SandboxController(),
  _ body: (Sandbox) async throws -> Result
) async throws -> Result {
  let sandbox = try await Sandbox.open(hosts: hosts, controller: controller)
  do {
    let result = try await body(sandbox)
    await sandbox.close()
    return result
  } catch {
    await sandbox.close()
    throw error
  }
}

/// A temporary folder of this machine, removed with its owner.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = "/var/lib/deploy-sandbox-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      print("The folder \(path) could not be removed: \(error)")
    }
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }
}

/// Asks until the answer is yes.
///
/// - Returns: false where it was still no after the limit.
func becomesTrue(
  within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else { return false }
    try await Task.sleep(for: .milliseconds(20))
  }
  return true
}
