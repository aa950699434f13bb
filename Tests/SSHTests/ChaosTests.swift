import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Random network faults")
  struct ChaosTests {
    /// `DEPLOY_CHAOS_RUNS` makes it more than a change has to pass.
    private static let runs =
      TestSetting.number("DEPLOY_CHAOS_RUNS") ?? 60
    /// Generous for faults that only slow down, because a busy machine does that as well.
    private static func deadlines(_ fault: ChaosProxy.Fault) -> Deadlines {
      fault == .stall
        ? Deadlines(handshake: .seconds(3), authentication: .seconds(3), idle: .seconds(3))
        : Deadlines(handshake: .seconds(60), authentication: .seconds(60))
    }

    private enum Outcome: Hashable {
      case done
      case failed(SSHError.Code)
    }

    let server: Server
    let client: SSHClient

    init() async throws {
      server = try await Server()
      client = try SSHClient()
    }

    @Test("Every run ends in time, with the right answer or an error, and leaves no socket")
    func runs() async throws {
      let sockets = try openSockets()
      var counts: [ChaosProxy.Fault: [Outcome: Int]] = [:]
      try await withThrowingTaskGroup(of: (ChaosProxy.Fault, Outcome).self) { group in
        var seeds = (0..<Self.runs)[...]
        func next() {
          guard let seed = seeds.popFirst() else { return }
          group.addTask { try await outcome(of: UInt64(seed)) }
        }
        for _ in 0..<8 { next() }
        while let (fault, outcome) = try await group.next() {
          counts[fault, default: [:]][outcome, default: 0] += 1
          next()
        }
      }
      print("chaos, \(Self.runs) runs:")
      for (fault, outcomes) in counts.sorted(by: { "\($0.key)" < "\($1.key)" }) {
        print(
          "  \(fault): \(outcomes.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))"
        )
      }
      #expect(counts[.cut]?.keys.contains { $0 != .done } == true)
      #expect(counts[.stall]?.keys.contains(.failed(.timedOut)) == true)
      try await eventually("every socket is closed") { try openSockets() <= sockets }
      // The host is whole: a correct client is served.
      let connection = try await client.connect(to: server.destination())
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    /// The result of a command with known output; a wrong output or exit is recorded as an issue.
    private func outcome(of seed: UInt64) async throws -> (ChaosProxy.Fault, Outcome) {
      let faults = ChaosProxy.Fault.allCases
      let fault = faults[Int(seed) % faults.count]
      let proxy = try ChaosProxy(to: server.port, fault: fault, seed: seed)
      let key = try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      let known = try server.folder.write(
        "[127.0.0.1]:\(proxy.port) \(key)\n", to: "known-\(seed)")
      var destination = server.destination(knownHosts: known)
      destination.port = proxy.port
      let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3 &+ Int(seed)) }
      let result = await answer(of: destination, Self.deadlines(fault), to: bytes)
      switch result {
      case .success(let (output, exit)):
        #expect(output == bytes, "seed \(seed)")
        #expect(exit == .code(7), "seed \(seed)")
        return (fault, .done)
      case .failure(let error):
        let expected: Set<SSHError.Code> = [
          .timedOut, .handshakeFailed, .connectionLost, .authenticationFailed, .noSharedAlgorithm,
          .inputRefused,
        ]
        let mayFail = [ChaosProxy.Fault.cut, .stall, .garbage].contains(fault)
        #expect(mayFail && expected.contains(error.code), "seed \(seed): \(fault): \(error)")
        return (fault, .failed(error.code))
      }
    }

    private func answer(
      of destination: Destination, _ deadlines: Deadlines, to bytes: [UInt8]
    ) async -> Result<([UInt8], Exit), SSHError> {
      do throws(SSHError) {
        let connection = try await client.connect(to: destination, deadlines: deadlines)
        let process = try await connection.start("cat; exit 7")
        try await process.write(bytes)
        try await process.closeInput()
        var output: [UInt8] = []
        while let chunk = try await process.read() { output += chunk }
        let exit = try await process.exitStatus()
        await connection.close()
        return .success((output, exit))
      } catch {
        return .failure(error)
      }
    }
  }
}
