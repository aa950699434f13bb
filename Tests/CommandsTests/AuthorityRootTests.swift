import Certificates
import Foundation
import Inventories
import State
import Testing

@testable import Commands

@Suite("An authority whose root is offline")
struct AuthorityRootTests {
  private let home: Home
  private var folder: AuthorityFolder { home.folder }

  init() throws { home = try Home() }

  private func policy() throws -> AuthorityPolicy {
    var policy = try CommandsTests.policy()
    policy.root = RootPolicy(name: try #require(CommonName("Shop Root")))
    return policy
  }

  private func add() throws -> AuthorityRecord {
    try folder.add(policy(), passphrase: passphrase, now: now)
  }

  @Test("The root is made with the first generation, signs it, and is asked to leave")
  func made() throws {
    let record = try add()
    #expect(
      try home.files() == [
        "authority-1.crt", "authority-1.key", "root.crt", "root.crl", "root.key",
      ])
    let chain = try CertificateFacts.readAll(pem: record.certificate)
    #expect(chain.map(\.commonName) == ["Shop Center", "Shop Root"])
    #expect(try folder.unlock(record, passphrase: passphrase).facts.issuerCommonName == "Shop Root")
    #expect(try folder.findings().first?.contains("move it to where no network reaches it") == true)
    try FileManager.default.moveItem(atPath: folder.rootKeyPath, toPath: home.path + "/offline")
    #expect(try folder.findings() == [])
  }

  @Test("Another generation, and a renewal, take the root's key back for the moment")
  func offline() throws {
    let record = try add()
    try FileManager.default.moveItem(atPath: folder.rootKeyPath, toPath: home.path + "/offline")
    #expect(
      message { _ = try add() }.contains("only the root's key can sign an authority below it"))
    #expect(try folder.summary() == ["1 signing"])
    let authority = try folder.unlock(record, passphrase: passphrase)
    #expect(
      message { _ = try folder.renew(record, authority, validFor: 4000 * day, now: now) }
        .contains("what signed it has to sign the new certificate"))
    try FileManager.default.moveItem(atPath: home.path + "/offline", toPath: folder.rootKeyPath)
    let root = try folder.unlockRoot(passphrase: passphrase)
    let renewed = try folder.renew(
      record, authority, below: root, validFor: 4000 * day, now: now)
    #expect(renewed.notAfter > record.notAfter)
    let second = try add()
    #expect(second.commonName == "Shop Center 2")
    #expect(try folder.summary() == ["1 trusted", "2 signing"])
  }

  @Test("The making of a root that was cut off is finished", arguments: ["root.crt", "root.crl"])
  func cutOff(missing: String) throws {
    let first = try add()
    for file in ["authority-1.crt", "authority-1.key", missing] {
      try FileManager.default.removeItem(atPath: folder.path + "/" + file)
    }
    let again = try add()
    #expect(again.keyIdentifier != first.keyIdentifier)
    _ = try folder.unlock(again, passphrase: passphrase)
    #expect(try home.files().count == 5)
  }

  @Test("Where anything is revoked, the root's list is the last")
  func revocation() async throws {
    let record = try add()
    let revocation = Revocation(
      serial: "4f11", issuerKeyIdentifier: record.keyIdentifier, host: nil,
      revokedAt: Timestamp(secondsSince1970: now), reason: .superseded,
      notAfter: record.notAfter)
    try FileManager.default.removeItem(atPath: folder.rootKeyPath)
    let lists = try await folder.revocationLists(
      [revocation], of: folder.generations(), now: Timestamp(secondsSince1970: now)
    ) { try folder.unlock($0, passphrase: passphrase) }
    #expect(lists.signed.map(\.list.revoked.count) == [1] && lists.above?.revoked == [])
    let root = try CertificateFacts.readAll(pem: record.certificate)[1]
    #expect(lists.above?.nextUpdate == root.notAfter)
  }

  @Test("The root's key gets the new passphrase with the others, and its name is kept")
  func passphraseAndName() throws {
    _ = try add()
    let new = Secret(copying: Array("new".utf8))
    #expect(
      try folder.changePassphrase(from: passphrase, to: new).changed
        == [folder.keyPath(1), folder.rootKeyPath])
    _ = try folder.unlockRoot(passphrase: new)
    var other = try policy()
    other.root?.name = try #require(CommonName("Another Root"))
    #expect(
      message { _ = try folder.add(other, passphrase: new, now: now) }
        .contains("a root keeps its name"))
  }
}
