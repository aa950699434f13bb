import Inventories
import Sandbox

/// Runs a command in a throw-away copy of the fleet on the controller (`deploy sandbox`).
package struct RunInSandbox {
  private let workspace: Workspace

  package init(_ workspace: Workspace) { self.workspace = workspace }

  /// - Parameter command: the command and its arguments; a shell if it is empty.
  /// - Returns: the exit status of the command.
  package func run(_ command: [String]) async throws -> Int32 {
    let inventory = workspace.inventory
    guard workspace.inventoryPath != InventoryFile.standardInput else {
      throw Failure(
        .usage,
        "the commands in the sandbox need the inventory in a file: name one with --inventory")
    }
    let sandbox = try await Sandbox.open(
      hosts: inventory.hosts.map { SandboxHost($0, in: inventory) },
      controller: SandboxController(of: workspace))
    let status: Int32
    do {
      status = try await sandbox.runInteractively(
        command.isEmpty ? [EnvironmentVariable.value("SHELL") ?? "/bin/sh"] : command,
        environment: workspace.environment)
    } catch {
      await sandbox.close()
      throw error
    }
    await sandbox.close()
    return status
  }
}
