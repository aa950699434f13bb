import State
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
    "of sockets have both ends",
    arguments: [
      (
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 00000000a1b2c3d4 100 0 0 10 0",
        "127.0.0.1", 8080, "0.0.0.0"
      ),
      (
        "  12: 150012C6:0016 FE0012C6:C6A2 01 00000024:00000000 01:00000017 00000000     0        0 777 4 0000000000000000 20 4 31 10 -1",
        "198.18.0.21", 22, "198.18.0.254"
      ),
      (
        "   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8 1 0000000000000000 100 0 0 10 0",
        "0:0:0:0:0:0:0:0", 443, "0:0:0:0:0:0:0:0"
      ),
      (
        " 112: 00000000:0070 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0000000000000000 0",
        "0.0.0.0", 112, "0.0.0.0"
      ),
    ])
  func sockets(_ line: String, _ address: String, _ port: Int, _ peer: String) throws {
    let socket = try ProcNet.Socket(line, of: "socket")
    #expect(socket.address == address && socket.port == port && socket.peer == peer)
  }

  @Test("of addresses are those that other hosts may use")
  func addresses() throws {
    #expect(try ProcNet.localAddress("           |-- 198.18.0.21", of: "local") == "198.18.0.21")
    #expect(try ProcNet.localAddress("   |-- 127.0.0.1", of: "local") == nil)
    #expect(try ProcNet.localAddress("   |-- 169.254.3.4", of: "local") == nil)
    #expect(
      try ProcNet.address6(
        "20010db8000000000000000000000021 02 40 00 80     eth0", of: "if-inet6")
        == "2001:0db8:0000:0000:0000:0000:0000:0021")
  }

  @Test("of routes have the network, the gateway and the metric")
  func routes() throws {
    #expect(
      try ProcNet.route(
        "eth0\t000012C6\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0       ", of: "route")
        == .init(network: "198.18.0.0/24", metric: 100))
    #expect(
      try ProcNet.route(
        "wg-0\t00000000\t010012C6\t0003\t0\t0\t0\t00000000\t0\t0\t0", of: "route")
        == .init(network: "0.0.0.0/0", gateway: "198.18.0.1"))
  }

  @Test(
    "that are truncated or altered are a fault of the host",
    arguments: [
      "", "   0: 0100007F:1F90", "   0: 0100007F:1F9 00000000:0000 0A 0 0 0 0 0 1",
      "   0: 0100007F:1F901 00000000:0000 0A 0 0 0 0 0 1", "   0: 0100007F 00000000 0A 0 0 0 0 0 1",
      "eth0\t000012C6\t00000000\t0001\t0\t0\tx\t00FFFFFF",
      "eth0\t000012C6\t00000000\t0001\t0\t0\t0",
      "eth0\t12C6\t00000000\t0001\t0\t0\t0\t00FFFFFF", "|-- x", "|-- 198.18.0.1 2",
      "+-- 198.18.0.1",
      "20010db800000000000000000000002 02 40 00 80 eth0",
      "20010db80000000000000000000000zz 02 40 00 80 eth0",
    ])
  func nonsense(_ line: String) {
    #expect(throws: ConversationFault.self) { try ProcNet.Socket(line, of: "socket") }
    #expect(throws: ConversationFault.self) { try ProcNet.localAddress(line, of: "local") }
    #expect(throws: ConversationFault.self) { try ProcNet.address6(line, of: "if-inet6") }
    #expect(throws: ConversationFault.self) { try ProcNet.route(line, of: "route") }
  }
}
