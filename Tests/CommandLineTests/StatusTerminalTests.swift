import FleetFolders
import Foundation
import TestSupport
import Testing

@Suite("The status area of a run on a terminal", .timeLimit(.minutes(5)))
struct StatusTerminalTests {
  /// A host that accepts connections and never says anything.
  private final class SilentHost {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      self.descriptor = descriptor
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutableBytes(of: &address) { bytes in
        let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        guard bind(descriptor, pointer, length) == 0, listen(descriptor, 8) == 0 else {
          return Int32(-1)
        }
        return getsockname(descriptor, pointer, &length)
      }
      guard result == 0 else {
        throw CocoaError(.featureUnsupported)
      }
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
  }

  private let home: Home
  private let host: SilentHost

  init() throws {
    home = try Home()
    host = try SilentHost()
    try home.write("", to: "known_hosts")
    #expect(try home.deploy("ca", "create").hasSucceeded)
    home.inventory = Self.inventory(port: host.port, home.path)
    try home.write(home.inventory, to: "shop.yml")
  }

  /// Both hosts are the same silent one.
  private static func inventory(port: UInt16, _ folder: String) -> String {
    """
    fleet: shop
    ca: {name: Shop Certification Center, valid_for: 10y, passphrase: {env: DEPLOY_PASSPHRASE}}
    ssh:
      user: root
      port: \(port)
      config: none
      identity: \(folder)/key
      known_hosts: \(folder)/known_hosts
    front_ends: {edge-1: {address: 127.0.0.1}}
    back_ends: {app-1: {address: 127.0.0.2}}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {ca: true}
        back_end: {root: /srv/shop}
    """
  }

  private func key(passphrase: String) throws {
    try ProgramRun.output(
      of: ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", home.path + "/key"])
  }

  private func start(_ words: String..., columns: Int = 100) throws -> PseudoTerminal {
    try PseudoTerminal(
      [Home.programPath] + words + ["--inventory", home.path + "/shop.yml"],
      environment: [
        "NO_COLOR": "1", "TERM": "xterm", "DEPLOY_PASSPHRASE": "poison-4711",
        "HOME": home.path,
      ], columns: columns)
  }

  private static func isAsking(_ screen: TerminalScreen) -> Bool {
    screen.visibleRows.count == 1 && screen.visibleRows[0].hasPrefix("asking 1 host, ")
      && screen.visibleRows[0].hasSuffix(": 0 answered, waiting for edge-1")
  }

  @Test("shows who is waited for and a time that moves on, and is redrawn when it is resized")
  func resized() throws {
    try key(passphrase: "")
    let terminal = try start("status", "--limit", "edge-1")
    #expect(terminal.shows(Self.isAsking), "\(terminal.shown.debugDescription)")
    #expect(terminal.shows { Self.isAsking($0) && $0.visibleRows[0].contains(", 1 s: ") })
    try terminal.resize(columns: 40)
    #expect(
      terminal.shows { screen in
        screen.visibleRows.count == 1 && screen.visibleRows[0].count == 39
          && screen.visibleRows[0].hasPrefix("asking 1 host, ")
          && screen.visibleRows[0].hasSuffix("…")
      }, "\(terminal.screen.visibleRows)")
    try terminal.resize(columns: 120)
    #expect(terminal.shows(Self.isAsking), "\(terminal.screen.visibleRows)")
    terminal.type("\u{3}")
    // Ended by the signal, as the shell expects it.
    #expect(try terminal.program.wait().status == 128 + SIGINT)
    terminal.readRest()
    #expect(terminal.screen.visibleRows.isEmpty, "\(terminal.screen.visibleRows)")
    #expect(terminal.screen.isWrapping)
  }

  @Test("is out of the way while the user is asked, and comes back")
  func question() throws {
    try key(passphrase: "right")
    let terminal = try start("status", "--limit", "edge-1")
    #expect(terminal.shows("Passphrase of "))
    #expect(
      terminal.shows { $0.visibleRows == ["Passphrase of \(home.path)/key: "] },
      "\(terminal.screen.visibleRows)")
    terminal.type("right\n")
    #expect(
      terminal.shows {
        $0.visibleRows.count == 2 && $0.visibleRows[1].hasPrefix("asking 1 host, ")
      },
      "\(terminal.screen.visibleRows)")
    terminal.program.signal(SIGTERM)
    #expect(try terminal.program.wait().status == 128 + SIGTERM)
    terminal.readRest()
    #expect(terminal.screen.visibleRows.count == 1, "\(terminal.screen.visibleRows)")
  }

  @Test("is not drawn with -q or TERM=dumb", arguments: [["-q"], []])
  func none(_ options: [String]) throws {
    let terminal = try PseudoTerminal(
      [Home.programPath, "plan", "--offline", "--inventory", home.path + "/shop.yml"] + options,
      environment: [
        "TERM": options.isEmpty ? "dumb" : "xterm", "DEPLOY_PASSPHRASE": "poison-4711",
      ])
    _ = try terminal.program.wait()
    terminal.readRest()
    #expect(terminal.shown.contains("Plan: 2 to install."), "\(terminal.shown)")
    #expect(!terminal.shown.contains("planning") && !terminal.shown.contains("\u{1B}[?7l"))
  }
}
