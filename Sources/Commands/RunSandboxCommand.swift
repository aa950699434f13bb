import ArgumentParser
import Fleet
import Foundation
package import Inventories
package import Sandbox

/// `deploy sandbox`
struct RunSandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract:
      "Makes a throw-away fleet of the inventory's hosts on this machine and runs a command.",
    discussion: """
      Each host is a network namespace with its inventory address, sshd, nginx and a firewall of its
      own. In the command, ~/.ssh has a key that every host accepts and their host keys. When the
      command ends, all of it is gone.

          deploy sandbox -i Inventories/demo.yml -- deploy plan
      """)

  @OptionGroup var options: FleetOptions
  @Argument(parsing: .postTerminator, help: "The command and its arguments; by default a shell.")
  var command: [String] = []

  func run() async throws {
    try await reporting {
      let workspace = try Workspace.open(options)
      let inventory = workspace.inventory
      let sandbox = try await Sandbox.open(
        hosts: inventory.hosts.map { SandboxHost($0, in: inventory) },
        controller: SandboxController(of: workspace))
      let status: Int32
      do {
        status = try await sandbox.runInteractively(
          command.isEmpty ? [EnvironmentVariable.value("SHELL") ?? "/bin/sh"] : command,
          environment: ["DEPLOY_INVENTORY": workspace.inventoryPath])
      } catch {
        await sandbox.close()
        throw error
      }
      await sandbox.close()
      guard status == 0 else { throw ExitCode(status) }
    }
  }
}

extension SandboxHost {
  /// A host that answers each site it serves with a page that names it.
  package init(_ host: Inventories.Host, in inventory: Inventory) {
    var pages: [String: String] = [:]
    for site in inventory.sites(servedBy: host.name) {
      guard case .files(let root, let index) = site.service.content else { continue }
      pages["\(root)/\(index)"] = "<h1>\(site.domain) from \(host.name)</h1>\n"
    }
    self.init(
      name: host.name.text, addresses: [host.address.description],
      sshPort: Int(host.ssh.port.number), user: host.ssh.user.text, pages: pages,
      carrier: host.carrier?.name.text)
  }
}

extension SandboxController {
  /// The machine that the inventory's firewall lets in, with the keys that the inventory names.
  fileprivate init(of workspace: Workspace) {
    let inventory = workspace.inventory
    self.init(
      identities: Set(inventory.hosts.flatMap(\.ssh.identities)).sorted().map {
        workspace.resolveOutsideHome($0.text)
      },
      knownHosts: Set(inventory.hosts.map(\.ssh.knownHosts)).sorted().map {
        workspace.resolveOutsideHome($0.text)
      }, hiddenPaths: [URL(filePath: workspace.authorityPath).path(percentEncoded: false)])
    if inventory.firewall.scope == .drop, !inventory.firewall.sshFrom.isEmpty {
      addresses = inventory.firewall.sshFrom.map(\.lastHost.description)
    }
  }
}
