import Foundation
import Sandbox
import TestSupport
import Testing

/// A program that tries ports of hosts from an address that no site names, again and again.
struct Stranger {
  private let command: SandboxCommand
  private let scene: Scene
  /// Ends the attempts when it is there. Files beside it say that ports were tried, and which were open.
  private let stopFile: String

  /// Sends several attempts at a time, so that a port that is open for milliseconds is seen; one that is
  /// answered is printed with its moment.
  private static let program = """
    import errno, os, select, socket, sys, time
    targets = [(t.split(":")[0], int(t.split(":")[1])) for t in sys.argv[2:]]
    rounds = 0
    while not os.path.exists(sys.argv[1]):
        rounds += 1
        tried = {}
        for target in targets:
            s = socket.socket(); s.setblocking(False)
            s.connect_ex(target)
            tried[s.fileno()] = (s, target)
        poll = select.poll()
        for number in tried: poll.register(number, select.POLLOUT)
        for number, _ in poll.poll(15):
            s, target = tried[number]
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                print("open %s:%d at %.3f" % (target + (time.time(),)), flush=True)
                open(sys.argv[1] + ".%s:%d" % target, "a").close()
        for s, _ in tried.values(): s.close()
        open(sys.argv[1] + ".tried", "a").close()
        # A host that refuses at once would take a whole processor; a port that is open this long is seen.
        time.sleep(0.002)
    print("rounds %d" % rounds)
    """

  init(_ scene: Scene, _ targets: [String]) async throws {
    self.scene = scene
    stopFile = "stranger-stop-\(UInt32.random(in: 0...UInt32.max))"
    command = try scene.sandbox.spawn(
      ["python3", "-c", Self.program, "\(scene.folder)/\(stopFile)"] + targets)
    try await expectFile("tried")
  }

  /// Waits until a port was open.
  func expectOpen(_ target: String) async throws { try await expectFile(target) }

  private func expectFile(_ ending: String) async throws {
    let path = "\(scene.folder)/\(stopFile).\(ending)"
    try await eventually("the stranger never made \(path)") {
      FileManager.default.fileExists(atPath: path)
    }
  }

  /// Ends the attempts; returns the ports that were open, and how often each was tried.
  func stop() async throws -> (open: [String], rounds: Int) {
    try scene.write("", to: stopFile)
    let lines = try await command.wait().stdout.split(separator: "\n").map(String.init)
    let rounds = lines.last.flatMap { Int($0.dropFirst("rounds ".count)) } ?? 0
    return (lines.filter { $0.hasPrefix("open ") }, rounds)
  }

  func expectShutOut(_ during: String, sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    let (open, rounds) = try await stop()
    print("\(during): \(rounds) attempts at each port, \(open.count) let in")
    #expect(
      rounds > 50, "a stranger that does not try sees nothing", sourceLocation: sourceLocation)
    let isShutOut = open.isEmpty
    #expect(
      isShutOut, "\(during): \(open.count), \(open.first ?? ""), \(open.last ?? "")",
      sourceLocation: sourceLocation)
  }
}
