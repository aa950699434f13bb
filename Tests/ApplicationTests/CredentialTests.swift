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
