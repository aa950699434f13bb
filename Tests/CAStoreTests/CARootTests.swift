import Certificates
import Fleet
import FleetFolders
import Foundation
import Inventories
import State
import Testing

@testable import CAStore

@Suite("A CA whose root is offline")
struct CARootTests {
  private let home: Home
  private var folder: CAFolder { home.folder }

  init() throws { home = try Home() }

  private func policy() throws -> CAPolicy {
    var policy = CAStoreTests.policy()
    policy.root = RootPolicy(name: try #require(CommonName("Shop Root")))
    return policy
  }

  private func add() throws -> CAGeneration {
    try folder.add(policy(), passphrase: passphrase, now: now)
  }

  @Test("the root is created with the first generation, signs it, and its key is to be moved away")
  func made() throws {
    let record = try add()
    #expect(
      try home.files() == [
        "ca-1.crt", "ca-1.key", "root.crt", "root.crl", "root.key",
      ])
    let chain = try CertificateFacts.readAll(pem: record.certificate)
    #expect(chain.map(\.commonName) == ["Shop Center", "Shop Root"])
    #expect(try folder.unlock(record, passphrase: passphrase).facts.issuerCommonName == "Shop Root")
    #expect(
      try folder.findings().first?.contains("move it to a place that no network reaches") == true)
    try FileManager.default.moveItem(atPath: folder.rootKeyPath, toPath: home.path + "/offline")
    #expect(try folder.findings() == [])
  }

  @Test("another generation, and a renewal, need the root's key")
  func offline() throws {
    let record = try add()
    try FileManager.default.moveItem(atPath: folder.rootKeyPath, toPath: home.path + "/offline")
    #expect(
      message { _ = try add() }.contains("only the root's key can sign a CA"))
    #expect(try folder.summary() == ["1 signing"])
    let ca = try folder.unlock(record, passphrase: passphrase)
    #expect(
      message { _ = try folder.renew(record, ca, validFor: 4000 * day, now: now) }
        .contains("its issuer is needed to sign the new certificate"))
    try FileManager.default.moveItem(atPath: home.path + "/offline", toPath: folder.rootKeyPath)
    let root = try folder.unlockRoot(passphrase: passphrase)
    let renewed = try folder.renew(
      record, ca, below: root, validFor: 4000 * day, now: now)
    #expect(renewed.notAfter > record.notAfter)
    let second = try add()
    #expect(second.commonName == "Shop Center 2")
    #expect(try folder.summary() == ["1 trusted", "2 signing"])
  }

  @Test("the interrupted creation of a root is completed", arguments: ["root.crt", "root.crl"])
  func cutOff(missing: String) throws {
    let first = try add()
    for file in ["ca-1.crt", "ca-1.key", missing] {
      try FileManager.default.removeItem(atPath: folder.path + "/" + file)
    }
    let again = try add()
    #expect(again.keyIdentifier != first.keyIdentifier)
    _ = try folder.unlock(again, passphrase: passphrase)
    #expect(try home.files().count == 5)
  }

  @Test("if anything is revoked, the list of the root comes last")
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
    #expect(lists.signed.map(\.list.revoked.count) == [1] && lists.signed[0].above?.revoked == [])
    let root = try CertificateFacts.readAll(pem: record.certificate)[1]
    #expect(lists.signed[0].above?.nextUpdate == root.notAfter)
  }

  /// An intermediate of another CA, as a company hands it out: no root.crt, no root.crl.
  private func adopt() throws -> (CAGeneration, Revocation) {
    let record = try add()
    for path in [folder.rootKeyPath, folder.rootCertificatePath, folder.rootRevocationListPath] {
      try FileManager.default.moveItem(
        atPath: path, toPath: home.path + "/company" + path.suffix(4))
    }
    return (
      record,
      Revocation(
        serial: "4f11", issuerKeyIdentifier: record.keyIdentifier, host: nil,
        revokedAt: Timestamp(secondsSince1970: now), reason: .superseded, notAfter: record.notAfter)
    )
  }

  private func revoke(_ revocation: Revocation, at time: Int64 = now) async throws
    -> RevocationLists
  {
    try await folder.revocationLists(
      [revocation], of: folder.generations(), now: Timestamp(secondsSince1970: time)
    ) { try folder.unlock($0, passphrase: passphrase) }
  }

  @Test("an imported intermediate CA needs the list of its root, and the message says what to do")
  func adopted() async throws {
    let (record, revocation) = try adopt()
    let failure = await #expect(throws: CAStoreError.self) { _ = try await revoke(revocation) }
    #expect(
      failure?.message == """
        \(folder.importedRootListPath(1)) is missing. Back-ends need a revocation list of "Shop Root", which \
        signed generation 1, as soon as they have any. Add a current revocation list of "Shop Root" with
            deploy ca import --crl FILE --inventory \(folder.inventoryPath)
        or replace generation 1 with a CA that deploy creates: "deploy rotate ca"
        """)
    try FileManager.default.copyItem(
      atPath: home.path + "/company.crl", toPath: folder.rootRevocationListPath)
    let lists = try await revoke(revocation)
    #expect(lists.signed.map(\.list.revoked.count) == [1] && lists.signed[0].above?.revoked == [])
    #expect(try folder.rootRevocationListFindings(above: [record], now: now) == [])
  }

  @Test("a list of another root, or an expired one, is refused")
  func wrongList() async throws {
    let (record, revocation) = try adopt()
    let company = try CertificateAuthority.create(
      CARequest(commonName: "Other Root", key: .ecdsaP256, validFor: 10 * day, isRoot: true),
      passphrase: passphrase, now: now)
    let other = try CertificateAuthority.unlock(company, passphrase: passphrase)
    try home.write(
      other.revocationList(of: [], now: now).pem, to: "shop.ca/root.crl")
    await #expect(throws: CertificateError.self) { _ = try await revoke(revocation) }
    try FileManager.default.removeItem(atPath: folder.rootRevocationListPath)
    try FileManager.default.copyItem(
      atPath: home.path + "/company.crl", toPath: folder.rootRevocationListPath)
    let end = try CertificateFacts.readAll(pem: record.certificate)[1].notAfter
    #expect(
      message { _ = try folder.rootRevocationList(of: record, now: end) }
        .contains("root.crl expired on"))
    let later = CAGeneration(
      generation: 1, commonName: record.commonName, keyIdentifier: record.keyIdentifier,
      fingerprint: record.fingerprint, notBefore: record.notBefore,
      notAfter: Timestamp(secondsSince1970: end + day), certificate: record.certificate,
      status: .signing)
    #expect(
      try folder.rootRevocationListFindings(above: [later], now: now).first?
        .contains("root.crl expires on") == true)
  }

  @Test("with an expired list of its root, a generation can be rotated away if nothing is revoked")
  func expiredList() async throws {
    let (record, revocation) = try adopt()
    let ca = try folder.unlock(record, passphrase: passphrase)
    try home.write(ca.revocationList(of: [], now: now).pem, to: "shop.ca/ca-1.crl")
    try FileManager.default.copyItem(
      atPath: home.path + "/company.crl", toPath: folder.importedRootListPath(1))
    let end = try CertificateFacts.readAll(pem: record.certificate)[1].notAfter
    let current = Revocation(
      serial: "4f11", issuerKeyIdentifier: revocation.issuerKeyIdentifier, host: nil,
      revokedAt: revocation.revokedAt, reason: .superseded,
      notAfter: Timestamp(secondsSince1970: end + day))
    await #expect(throws: CAStoreError.self) { _ = try await lists([], at: end) }
    try folder.retire(1)
    let none = try await lists([], at: end)
    #expect(none.signed.isEmpty)
    #expect(
      none.warnings.first?.contains(
        "until then they accept certificates of every CA below \"Shop Root\"") == true)
    await #expect(throws: CAStoreError.self) { _ = try await lists([current], at: end) }
  }

  /// The lists of all generations, even if all are retiring.
  private func lists(_ revocations: [Revocation], at time: Int64) async throws -> RevocationLists {
    try await folder.revocationLists(
      revocations, of: folder.records(), now: Timestamp(secondsSince1970: time)
    ) { try folder.unlock($0, passphrase: passphrase) }
  }

  @Test("a generation below another root is renewed by its owner, and the message says how")
  func foreignRoot() async throws {
    let (record, _) = try adopt()
    let ca = try folder.unlock(record, passphrase: passphrase)
    let failure = #expect(throws: CAStoreError.self) { try folder.refuseForeignRoot(of: ca) }
    #expect(failure?.message.contains("its root \"Shop Root\" has to sign a renewed") == true)
    try FileManager.default.copyItem(
      atPath: home.path + "/company.crt", toPath: folder.rootCertificatePath)
    try folder.refuseForeignRoot(of: ca)
  }

  @Test("the root's key gets the new passphrase too, and a root cannot be renamed")
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
        .contains("A root cannot be renamed"))
  }
}
