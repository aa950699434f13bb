import Foundation
import Sandbox
import TestSupport
import Testing

/// Whatever a box leaves behind: it must be nothing, however its owner ended.
@Suite("Cleanup of a box", .serialized, .requires(isRoot, "namespaces need root"))
struct CleanupTests {
  @Test("nothing is left after an orderly close, with commands still running")
  func close() async throws {
    let before = Machine.now()
    let sandbox = try await Sandbox.open(hosts: threeHosts)
    let namespaces = try await occupy(sandbox)
    #expect(Machine.processes(in: namespaces) > 0, "the test must see the box's processes")
    await sandbox.close()
    #expect(Machine.processes(in: namespaces) == 0)
    #expect(Machine.now() == before)
    await #expect(throws: SandboxError.self) { try await sandbox.run(["true"]) }
  }

  @Test("nothing is left after the owner was killed", .timeLimit(.minutes(1)))
  func crash() async throws {
    let before = Machine.now()
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      let sandbox = try await Sandbox.open(hosts: threeHosts)
      let namespaces = try await occupy(sandbox)
      print("namespaces:", namespaces.joined(separator: " "))
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    let line = try #require(
      output.split(separator: "\n").first { $0.hasPrefix("namespaces:") }, "\(output)")
    let namespaces = Set(line.split(separator: " ").dropFirst().map(String.init))
    #expect(namespaces.count == 6)
    #expect(try await becomesTrue { Machine.processes(in: namespaces) == 0 })
    #expect(Machine.now() == before)
  }

  @Test("nothing is left when a host does not start, and the error has the tool's own message")
  func halfWay() async throws {
    let before = Machine.now()
    var hosts = threeHosts
    hosts[1].deployDiskSize = -1
    let error = await #expect(throws: SandboxError.self) {
      _ = try await Sandbox.open(hosts: hosts)
    }
    #expect(error?.code == .hostFailed("app-2"))
    #expect(error?.description.contains("mount: ") == true, "\(String(describing: error))")
    #expect(Machine.now() == before)
  }

  @Test("nothing is left after a timeout")
  func late() async throws {
    let before = Machine.now()
    let error = await #expect(throws: SandboxError.self) {
      _ = try await Sandbox.open(hosts: threeHosts, within: .milliseconds(1))
    }
    #expect(error?.code == .timedOut)
    #expect(Machine.now() == before)
  }
}

/// The same of hosts that have more to leave: nspawn's own files, and control groups.
@Suite(
  "Cleanup of systemd hosts", .serialized, .requires(isRoot, "namespaces need root"),
  .requires(blocker == nil, Comment(rawValue: blocker ?? "")))
struct SystemdCleanupTests {
  @Test("nothing is left after an orderly close, with commands still running")
  func close() async throws {
    let before = Machine.now()
    let sandbox = try await Sandbox.open(hosts: mixedHosts)
    let namespaces = try await occupy(sandbox)
    let groups = try await controlGroups(of: sandbox)
    #expect(Machine.processes(in: namespaces) > 0, "the test must see the box's processes")
    #expect(!Machine.controlGroups(groups).isEmpty, "the test must see the box's groups")
    try await sandbox.powerCycle("app-1")
    await sandbox.close()
    #expect(Machine.processes(in: namespaces) == 0)
    #expect(Machine.controlGroups(groups) == [])
    #expect(Machine.now() == before)
  }

  @Test("nothing is left after the owner was killed", .timeLimit(.minutes(1)))
  func crash() async throws {
    let before = Machine.now()
    let result = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      let sandbox = try await Sandbox.open(hosts: mixedHosts)
      let names = try await occupy(sandbox).union(controlGroups(of: sandbox))
      print("names:", names.joined(separator: " "))
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    let line = try #require(
      output.split(separator: "\n").first { $0.hasPrefix("names:") }, "\(output)")
    let names = Set(line.split(separator: " ").dropFirst().map(String.init))
    #expect(names.count == 7, "six namespaces and one group: \(names)")
    let isGone = try await becomesTrue {
      Machine.processes(in: names) == 0 && Machine.controlGroups(names) == []
    }
    #expect(isGone)
    #expect(Machine.now() == before)
  }
}

/// Two hosts with systemd and a plain one.
private let mixedHosts = threeHosts.map { host in
  var host = host
  if host.name != "app-3" { host.system = .systemd }
  return host
}

/// The groups that the box made for its systemd hosts, of which `app-1` is one.
private func controlGroups(of sandbox: Sandbox) async throws -> Set<String> {
  let output = try await sandbox.run([
    "sh", "-c", "cat /proc/$(cat /dev/shm/deploy-sandbox/hosts/app-1/process)/cgroup",
  ])
  let folders = output.stdout.split { "/:\n".contains($0) }.map(String.init)
  return Set(folders.filter { $0.hasPrefix("deploy-sandbox-") })
}

/// Starts something long on the controller and on a host.
///
/// - Returns: the names of the box's and that host's namespaces.
private func occupy(_ sandbox: Sandbox) async throws -> Set<String> {
  var names: Set<String> = []
  for place in [SandboxPlace.controller, .host("app-1")] {
    _ = try sandbox.spawn(["sleep", "1000"], on: place)
    let links = ["mnt", "net", "pid"].map { "/proc/self/ns/\($0)" }
    let output = try await sandbox.run(["readlink"] + links, on: place)
    names.formUnion(output.stdout.split(separator: "\n").map(String.init))
  }
  return names
}

/// What a box might leave on this machine.
struct Machine: Equatable {
  private var mounts: [String]
  private var interfaces: [String]
  private var files: [String]

  static func now() -> Machine {
    Machine(
      mounts: lines(of: "/proc/self/mountinfo").map { String($0.split(separator: " ")[4]) },
      interfaces: contents(of: "/sys/class/net"),
      files: contents(of: "/dev/shm").filter { $0.hasPrefix("deploy") }
        + contents(of: "/run/netns") + contents(of: "/run/systemd/nspawn"))
  }

  /// Which of the groups there are, in whichever hierarchy.
  static func controlGroups(_ names: Set<String>) -> [String] {
    ["", "/systemd", "/unified"].flatMap { contents(of: "/sys/fs/cgroup" + $0) }
      .filter(names.contains)
  }

  /// How many processes are in any of the namespaces, named as `net:[4026531840]`.
  static func processes(in namespaces: Set<String>) -> Int {
    contents(of: "/proc").filter { name in
      Int(name) != nil
        && ["mnt", "net", "pid"].contains { kind in
          // A process that ended since the listing has no link.
          let link = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(name)/ns/\(kind)")
          return link.map(namespaces.contains) ?? false
        }
    }.count
  }

  private static func contents(of folder: String) -> [String] {
    // A folder that is not there holds nothing.
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private static func lines(of path: String) -> [Substring] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n")
  }
}
