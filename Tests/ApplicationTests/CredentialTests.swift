import Foundation
import Testing

@testable import Application

@Suite("A credential of a systemd service")
struct CredentialTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "credentials-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test("is the file of its name, also if an access list shows as permissions of a group")
  func read() throws {
    try inFolder { folder in
      try Data("secret\n".utf8).write(to: URL(filePath: "\(folder)/passphrase"))
      chmod("\(folder)/passphrase", 0o440)
      let bytes = try Credential(name: "passphrase", secret: "passphrase").read(in: folder)
      #expect(bytes == Array("secret\n".utf8))
    }
  }

  @Test("that the unit does not give is named with the line that gives it")
  func missing() throws {
    try inFolder { folder in
      let failure = #expect(throws: Failure.self) {
        try Credential(name: "ca", secret: "passphrase").read(in: folder)
      }
      #expect(failure?.message?.contains("LoadCredential=ca:PATH") == true)
    }
  }

  @Test("is asked for outside of a service, and without a terminal the message says how to run one")
  func outside() {
    let text = Credential(name: "ca", secret: "passphrase").instead
    #expect(text.contains("$CREDENTIALS_DIRECTORY is not set"))
    #expect(text.contains("systemd-run --pty"))
  }
}

@Suite("Messages in the journal")
struct SystemJournalTests {
  @Test("are one datagram with their fields, in which no text begins another field")
  func datagram() throws {
    let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
    defer { unlink(path) }
    let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(receiver) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    SystemJournal(socket: path).send(
      "app-1: failed: a\nDEPLOY_EXIT=0", .error, [("DEPLOY_HOST", "app-1")])
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(receiver, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    let lines = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n")
    #expect(
      lines.map { $0.prefix { $0 != "=" } } == [
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "DEPLOY_HOST",
      ])
    #expect(lines.dropFirst() == ["PRIORITY=3", "SYSLOG_IDENTIFIER=deploy", "DEPLOY_HOST=app-1"])
  }

  @Test("are left out if no journal listens")
  func withoutJournal() {
    SystemJournal(socket: "/nonexistent/journal").send("lost", .information, [])
    SystemJournal(socket: "/" + String(repeating: "a", count: 200)).send("lost", .information, [])
  }
}
