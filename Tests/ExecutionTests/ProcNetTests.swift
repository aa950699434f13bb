import Fleet
import FleetLiterals
import State
import TestSupport
import Testing

@testable import Execution

/// Lines as Linux 6.12 writes them.
@Suite("The lines of /proc/net")
struct ProcNetTests {
  @Test(
    "addresses are words in the order of the machine",
    arguments: [
      ("0100007F", "127.0.0.1"), ("150012C6", "198.18.0.21"), ("00000000", "0.0.0.0"),
      ("00000000000000000000000000000000", "0:0:0:0:0:0:0:0"),
      ("00000000000000000000000001000000", "0:0:0:0:0:0:0:1"),
      ("B80D0120000000000000000021000000", "2001:db8:0:0:0:0:0:21"),
      ("0000000000000000FFFF0000150012C6", "198.18.0.21"),
      ("", nil), ("01", nil), ("0100007", nil), ("0100007G", nil), ("010000é", nil),
    ])
  func addresses(_ digits: String, _ expected: String?) {
    #expect(ProcNet.address(digits) == expected)
  }

  @Test(
    "addresses are written as the kernel writes them, IPv4 also as it is in a socket for both families",
    arguments: [
      ("198.18.0.21", ["150012C6", "0000000000000000FFFF0000150012C6"]),
      ("::1", ["00000000000000000000000001000000"]),
      ("2001:db8::21", ["B80D0120000000000000000021000000"]),
    ] as [(IPAddress, [String])])
  func digits(_ address: IPAddress, _ expected: [String]) {
    #expect(ProcNet.digits(of: address) == expected)
  }

  @Test("each case is read as its file says", arguments: try CaseFile.all(in: "proc-net"))
  func cases(_ file: CaseFile) throws {
    let lines = file.input.split(separator: "\n").map { line in
      let (word, value) = HostValues.divided(String(line))
      do throws(ConversationFault) {
        return "\(word): \(try Self.value(word, value))"
      } catch {
        return "\(word): \(error)"
      }
    }
    let mismatch = try file.mismatch(lines.map { $0 + "\n" }.joined())
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  private static func value(_ word: String, _ line: String) throws(ConversationFault) -> String {
    switch word {
    case "socket":
      let socket = try ProcNet.Socket(line, of: word)
      return "\(socket.address) port \(socket.port), peer \(socket.peer)"
    case "local": return try ProcNet.localAddress(line, of: word) ?? "of no use to others"
    case "if-inet6": return try ProcNet.address6(line, of: word)
    default:
      let route = try ProcNet.route(line, of: word)
      return "\(route.network), gateway \(route.gateway ?? "none"), metric \(route.metric)"
    }
  }
}
