import Foundation
import TestSupport

/// Sits between a client and a server, and disturbs each connection as its seed says.
final class ChaosProxy: Sendable {
  enum Fault: Hashable, CaseIterable {
    case none, delay, cut, stall, oneByte, garbage
  }

  private let listener: Listener
  var port: UInt16 { listener.port }

  init(to server: UInt16, fault: Fault, seed: UInt64) throws {
    listener = try Listener { peer in
      var random = SeededGenerator(seed: seed)
      let onward = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(onward) }
      guard Listener.withAddress(server, { connect(onward, $0, $1) }) == 0 else { return }
      if fault == .garbage {
        let noise = (0..<Int.random(in: 1...3000, using: &random)).map { _ in
          UInt8.random(in: .min ... .max, using: &random)
        }
        _ = noise.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      Self.relay(peer, onward, fault, &random)
    }
  }

  private static func relay(
    _ peer: Int32, _ onward: Int32, _ fault: Fault, _ random: inout SeededGenerator
  ) {
    // Somewhere in the greeting, the key exchange, the login, the command or what it says.
    var budget =
      fault == .cut || fault == .stall ? Int.random(in: 1...60_000, using: &random) : Int.max
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      var polls = [
        pollfd(fd: peer, events: Int16(POLLIN), revents: 0),
        pollfd(fd: onward, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polls, 2, 30_000) > 0 else { return }
      for (source, target) in [(0, onward), (1, peer)] where polls[source].revents != 0 {
        let limit = fault == .oneByte ? 1 : min(buffer.count, budget)
        let count = recv(polls[source].fd, &buffer, limit, 0)
        guard count > 0 else { return }
        if fault == .delay { usleep(UInt32.random(in: 0...3000, using: &random)) }
        guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        budget -= count
        guard budget > 0 else {
          if fault == .stall { waitForEnd(of: peer) }
          return
        }
      }
    }
  }

  /// Passes nothing on, until the client gives up.
  private static func waitForEnd(of peer: Int32) {
    while hearSomething(from: peer) {}
  }
}
