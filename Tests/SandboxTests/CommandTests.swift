import Foundation
import Sandbox
import TestSupport
import Testing

@Suite("Commands in a box", .serialized, .requires(isRoot, "namespaces need root"))
struct CommandTests {
  private let one = [SandboxHost(name: "app-1", addresses: ["198.18.0.31"])]

  @Test("a command has its input, its environment, its status and both its outputs")
  func exchange() async throws {
    let input = String(repeating: "0123456789abcdef\n", count: 20_000)
    try await withSandbox(one) { sandbox in
      for place in [SandboxPlace.controller, .host("app-1")] {
        let output = try await sandbox.run(
          ["sh", "-c", "cat; echo $NAME >&2; exit 7"], on: place, input: input,
          environment: ["NAME": "a b"])
        #expect(output.stdout == input)
        #expect(output.stderr == "a b\n")
        #expect(output.status == 7)
      }
      #expect(try await sandbox.run(["no-such-command"]).status == 127)
      #expect(try await sandbox.run(["true"], input: input).status == 0)
      #expect(try await sandbox.runInteractively(["sh", "-c", "exit 9"]) == 9)
    }
  }

  @Test("what the controller's commands write stays in the caller's folders")
  func callersFiles() async throws {
    let folder = try ScratchFolder()
    try await withSandbox(one) { sandbox in
      try await sandbox.write("written\n", to: folder.path + "/new/file", on: .controller)
    }
    #expect(try folder.read("new/file") == "written\n")
  }

  @Test(
    "a signal reaches the command itself", arguments: [SandboxPlace.controller, .host("app-1")])
  func signals(place: SandboxPlace) async throws {
    try await withSandbox(one) { sandbox in
      let killed = try sandbox.spawn(["sleep", "1000"], on: place)
      try await killed.signal(SIGKILL)
      #expect(try await killed.wait().status == 128 + SIGKILL)
      try await killed.signal(SIGKILL)

      let asked = try sandbox.spawn(
        [
          "sh", "-c",
          "trap 'echo asked; exit 3' TERM; touch /tmp/ready; while :; do sleep 0.01; done",
        ],
        on: .host("app-1"))
      let isReady = try await becomesTrue {
        try await sandbox.run(["test", "-e", "/tmp/ready"], on: .host("app-1")).status == 0
      }
      #expect(isReady)
      try await asked.signal(SIGTERM)
      let output = try await asked.wait()
      #expect(output.status == 3 && output.stdout == "asked\n")
    }
  }

  @Test("a command is killed when the task that waits for it is cancelled")
  func cancellation() async throws {
    try await withSandbox(one) { sandbox in
      let task = Task { try await sandbox.run(["sleep", "1000"]) }
      let running = try await becomesTrue {
        try await sandbox.run(["pgrep", "-f", "^sleep 1000"]).status == 0
      }
      #expect(running)
      task.cancel()
      #expect(try await task.value.status == 128 + SIGKILL)
    }
  }

  @Test(
    "inside, the inventory's key and known hosts files are the box's own; outside, they stay unchanged"
  )
  func standIns() async throws {
    let folder = try ScratchFolder()
    try folder.write("key", to: "id")
    try folder.write("hosts", to: "known_hosts")
    let controller = SandboxController(
      identities: [folder.path + "/id", "~/.ssh/deploy/id"],
      knownHosts: [folder.path + "/known_hosts", "~/.ssh/known_hosts"])
    try await withSandbox(one, controller: controller) { sandbox in
      let options = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]
      for identity in [folder.path + "/id", "/dev/shm/deploy-sandbox/home/.ssh/deploy/id"] {
        let output = try await sandbox.run(
          ["ssh"] + options + ["-i", identity]
            + ["-o", "UserKnownHostsFile=\(folder.path)/known_hosts", "198.18.0.31", "hostname"])
        #expect(output.stdout == "app-1\n", "\(output.stderr)")
      }
    }
    #expect(try folder.read("id") == "key")
    #expect(try folder.read("known_hosts") == "hosts")
  }

  @Test("a key of the user can log in")
  func authorizedKeys() async throws {
    let folder = try ScratchFolder()
    let generate = try Process.run(
      URL(fileURLWithPath: "/usr/bin/ssh-keygen"),
      arguments: ["-q", "-t", "ed25519", "-N", "", "-C", "own key", "-f", folder.path + "/own"])
    generate.waitUntilExit()
    let controller = SandboxController(authorizedKeys: [
      try folder.read("own.pub").trimmingCharacters(in: .newlines)
    ])
    for (controller, status) in [(controller, 0), (SandboxController(), 255 as Int32)] {
      try await withSandbox(one, controller: controller) { sandbox in
        let output = try await sandbox.run([
          "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o",
          "UserKnownHostsFile=/dev/shm/deploy-sandbox/home/.ssh/known_hosts", "-i",
          folder.path + "/own", "198.18.0.31", "true",
        ])
        #expect(output.status == status, "\(output.stderr)")
      }
    }
  }

  @Test(
    "an impossible fleet is refused with the reason",
    arguments: [
      ([("a", ["198.18.0.1"]), ("a", ["198.18.0.2"])], "two hosts are named a"),
      ([("a", ["198.18.0.1"]), ("b", ["198.18.0.1"])], "b and a have the same address 198.18.0.1"),
      ([("a", ["198.18.255.254"])], "a and the controller have the same address 198.18.255.254"),
      ([("a", [])], "a has no address"),
      ([("../a", ["198.18.0.1"])], "\"../a\" is not a host name"),
      ([("a", ["198.18.0.1\n"])], "is empty or holds a control character"),
    ])
  func refusals(hosts: [(name: String, addresses: [String])], reason: String) async throws {
    let error = await #expect(throws: SandboxError.self) {
      _ = try await Sandbox.open(
        hosts: hosts.map { SandboxHost(name: $0.name, addresses: $0.addresses) })
    }
    #expect(error?.code == .invalidFleet)
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test("errors name the file, the host or the address, and contain the tool's own message")
  func errors() async throws {
    let missing = await #expect(throws: SandboxError.self) {
      _ = try await Sandbox.open(
        hosts: one, controller: SandboxController(identities: ["/no/such/key"]))
    }
    #expect(missing?.code == .boxFailed)
    #expect(missing?.description.contains("/no/such/key does not exist") == true)
    let address = await #expect(throws: SandboxError.self) {
      _ = try await Sandbox.open(hosts: [SandboxHost(name: "a", addresses: ["198.18.0.400"])])
    }
    #expect(address?.description.contains("198.18.0.400") == true, "\(String(describing: address))")
    try await withSandbox(one) { sandbox in
      await #expect(throws: SandboxError.self) { try await sandbox.cut("app-9") }
      let error = await #expect(throws: SandboxError.self) {
        try await sandbox.run(["true"], on: .host("app-9"))
      }
      #expect(error?.code == .noSuchHost("app-9"))
    }
  }
}
