import Foundation
import Sandbox
import TestSupport
import Testing

/// One fleet for the questions that change nothing in it.
@Suite("A fleet in a box", .serialized, .requires(isRoot, "namespaces need root"))
struct FleetTests {
  @Test("the controller reaches each host by ssh, by any of its addresses and by its name")
  func login() async throws {
    try await withSandbox { sandbox in
      for target in ["-p 22 198.18.0.11", "-p 2222 198.18.0.12", "-p 22 2001:2::13", "-p 22 app-3"]
      {
        let words = target.split(separator: " ").map(String.init)
        let output = try await sandbox.run(["ssh", "-o", "BatchMode=yes"] + words + ["hostname"])
        #expect(output.status == 0, "\(target): \(output.stderr)")
        #expect(output.stdout.hasPrefix("app-"))
      }
    }
  }

  @Test("a host's key is not another's, and the controller knows each")
  func keys() async throws {
    try await withSandbox { sandbox in
      let known = try await sandbox.run(["sh", "-c", "cat ~/.ssh/known_hosts"]).stdout
      let keys = Set(known.split(separator: "\n").map { $0.split(separator: " ")[2] })
      #expect(keys.count == 3)
      #expect(known.contains("[198.18.0.12]:2222 ssh-ed25519 "))
      let output = try await sandbox.run([
        "ssh", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/dev/null", "198.18.0.11", "true",
      ])
      #expect(output.status == 255, "a controller without the keys must not get in")
    }
  }

  @Test("each host's nginx answers with its own page, to the controller and to the others")
  func pages() async throws {
    try await withSandbox { sandbox in
      for place in [SandboxPlace.controller, .host("app-1"), .host("app-3")] {
        for (name, address) in ["app-1": "198.18.0.11", "app-2": "198.18.0.12"] {
          let output = try await sandbox.run(["curl", "-sS", "http://\(address)/"], on: place)
          #expect(output.stdout == "I am \(name)\n", "from \(place): \(output.stderr)")
        }
      }
      let output = try await sandbox.run(
        ["curl", "-sS", "http://[2001:2::13]/"], on: .host("app-1"))
      #expect(output.stdout == "I am app-3\n")
    }
  }

  @Test("a firewall rule of one host affects no other host and not the machine")
  func firewalls() async throws {
    try await withSandbox { sandbox in
      let rules = """
        table inet lab {
          chain input { type filter hook input priority 0; policy accept; tcp dport 80 drop; }
        }

        """
      let loaded = try await sandbox.run(["nft", "-f", "-"], on: .host("app-1"), input: rules)
      #expect(loaded.status == 0, "\(loaded.stderr)")
      let request = ["curl", "-sS", "--max-time", "1", "-o", "/dev/null"]
      let closed = try await sandbox.run(request + ["http://198.18.0.11/"])
      let open = try await sandbox.run(request + ["http://198.18.0.12/"])
      #expect(closed.status == 28)
      #expect(open.status == 0)
      for place in [SandboxPlace.controller, .host("app-2")] {
        #expect(try await sandbox.run(["nft", "list", "ruleset"], on: place).stdout == "")
      }
    }
  }

  @Test("files written by a host are invisible to other hosts and the controller")
  func files() async throws {
    try await withSandbox { sandbox in
      for folder in ["/etc", "/run", "/tmp", "/var/log", "/dev/shm", "/root"] {
        try await sandbox.write("x", to: folder + "/deploy-sandbox-test", on: .host("app-1"))
        let check = ["test", "-e", folder + "/deploy-sandbox-test"]
        #expect(try await sandbox.run(check, on: .host("app-1")).status == 0)
        #expect(try await sandbox.run(check, on: .host("app-2")).status == 1)
        #expect(try await sandbox.run(check).status == 1)
      }
      let processes = try await sandbox.run(["ps", "-e", "-o", "args="], on: .host("app-1")).stdout
      #expect(processes.split(separator: "\n").count { $0.hasPrefix("nginx: master") } == 1)
    }
  }

  @Test("a host does not see the home, the current folder, or other hidden paths")
  func secrets() async throws {
    let folder = try ScratchFolder()
    let secret = folder.path + "/secret"
    try folder.write("x", to: "secret")
    try await withSandbox { sandbox in
      let seen = try await sandbox.run(["test", "-e", secret], on: .host("app-1"))
      #expect(seen.status == 0, "everything else is visible")
      let home = try await sandbox.run(["ls", "-A", "/root"], on: .host("app-1")).stdout
      #expect(home == ".ssh\n")
      let work = try await sandbox.run(["ls", "-A", currentFolder], on: .host("app-1"))
      #expect(work.status == 2, "\(work.stdout)")
      #expect(try await sandbox.run(["ls"]).stdout.contains("Package.swift"))
    }
    try await withSandbox(controller: SandboxController(hiddenPaths: [folder.path])) { sandbox in
      let seen = try await sandbox.run(["test", "-e", secret], on: .host("app-1"))
      #expect(seen.status == 1)
      let own = try await sandbox.run(["test", "-e", secret])
      #expect(own.status == 0)
    }
  }

  @Test("no variable of the environment reaches a host implicitly")
  func environment() async throws {
    try await withSandbox { sandbox in
      let host = try await sandbox.run(["env"], on: .host("app-1"), environment: ["A": "b"]).stdout
      #expect(
        Set(host.split(separator: "\n")) == [
          "A=b", "HOME=/root", "LANG=C.UTF-8",
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ])
      let boot = try await sandbox.run(["sh", "-c", "cat /proc/*/environ"], on: .host("app-1"))
      let variables = boot.stdout.split(separator: "\0").map(String.init)
      #expect(variables.contains("LANG=C.UTF-8"))
      let own = ProcessInfo.processInfo.environment.filter { !["PATH", "LANG"].contains($0.key) }
      // The shells of the script set these variables.
      let shells = ["PWD", "OLDPWD", "SHLVL", "_", "HOME"]
      #expect(
        own.filter { !shells.contains($0.key) && variables.contains("\($0.key)=\($0.value)") }
          == [:])
      #expect(!own.isEmpty)
    }
  }

  @Test("two boxes at once do not know of each other")
  func twoBoxes() async throws {
    async let first = withSandbox { try await identify($0) }
    async let second = withSandbox { try await identify($0) }
    let (left, right) = try await (first, second)
    #expect(left.name == "app-1\n" && right.name == "app-1\n")
    #expect(left.network != right.network)
  }

  private func identify(_ sandbox: Sandbox) async throws -> (name: String, network: String) {
    let name = try await sandbox.run(["ssh", "-o", "BatchMode=yes", "app-1", "hostname"]).stdout
    let network = try await sandbox.run(["readlink", "/proc/self/ns/net"], on: .host("app-1"))
    return (name, network.stdout)
  }
}
