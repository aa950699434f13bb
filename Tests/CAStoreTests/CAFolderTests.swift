import Certificates
import Files
import Fleet
import FleetFolders
import Foundation
import Playbooks
import State
import Testing

@testable import CAStore

@Suite("The generations of a CA, as its folder has them")
struct CAFolderTests {
  private let home: Home
  private var folder: CAFolder { home.folder }

  init() throws { home = try Home() }

  @Test("the first generation has the inventory's name, later ones have a number appended")
  func names() throws {
    #expect(try folder.generations() == [])
    let first = try folder.add()
    #expect((first.generation, first.commonName) == (1, "Shop Center"))
    let second = try folder.add()
    #expect((second.generation, second.commonName) == (2, "Shop Center 2"))
    #expect(first.keyIdentifier != second.keyIdentifier)
    #expect(try folder.summary() == ["1 trusted", "2 signing"])
    #expect(
      try home.files() == [
        "ca-1.crt", "ca-1.key", "ca-2.crt", "ca-2.key",
      ])
    for file in try home.files() {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + file)
      let mode = try #require(attributes[.posixPermissions] as? Int)
      #expect(mode == (file.hasSuffix(".key") ? 0o600 : 0o644))
    }
  }

  @Test(
    "no common name is used twice, even if the inventory's name changes",
    arguments: [
      ("Shop", 1, [], "Shop"), ("Shop", 2, ["Shop"], "Shop 2"),
      ("Shop 2", 3, ["Shop", "shop 2", "Shop 2 3"], "Shop 2 4"),
      ("Shop", 1, ["SHOP"], "Shop 2"),
      (
        String(repeating: "n", count: 64), 12, [], String(repeating: "n", count: 61) + " 12"
      ),
      (
        String(repeating: "n", count: 60) + " xyz", 12, [],
        String(repeating: "n", count: 60) + " 12"
      ),
    ] as [(String, Int, [String], String)])
  func uniqueNames(name: String, generation: Int, known: [String], expected: String) {
    #expect(CAFolder.commonName(name, generation, unlike: known) == expected)
  }

  @Test("a rotation creates one new generation, and starting it again changes nothing")
  func rotation() throws {
    #expect(message { _ = try folder.startRotation() }.contains("there is no CA"))
    try folder.add()
    #expect(try folder.startRotation().map(\.status) == [.retiring, .signing])
    let files = try home.files()
    #expect(files.contains("ca-1.retiring"))
    #expect(try folder.startRotation().map(\.generation) == [1, 2])
    #expect(try home.files() == files)
  }

  @Test("a rotation that was interrupted after any of its steps continues")
  func rotationCutOff() throws {
    try folder.add()
    // Behind the key, behind the certificate.
    try folder.add()
    let certificate = try contents(folder.certificatePath(2))
    try FileManager.default.removeItem(atPath: folder.certificatePath(2))
    #expect(try folder.summary() == ["1 signing"])
    #expect(try folder.startRotation().map(\.status) == [.retiring, .signing])
    #expect(try contents(folder.certificatePath(2)) != certificate)
    #expect(try folder.generations().last?.commonName == "Shop Center 2")
    try FileManager.default.removeItem(atPath: folder.retiringPath(1))
    #expect(try folder.summary() == ["1 trusted", "2 signing"])
    #expect(try folder.startRotation().map(\.status) == [.retiring, .signing])
    #expect(try folder.listing().latest == 2)
  }

  @Test("a retired generation leaves its number, its name and, if wanted, its key")
  func finished() throws {
    try folder.add()
    #expect(message { try folder.finish(1, key: .archive) }.contains("is not retiring"))
    _ = try folder.startRotation()
    try folder.finish(1, key: .archive)
    #expect(try folder.summary() == ["2 signing"])
    #expect(
      try home.files() == [
        "ca-2.crt", "ca-2.key", "archive/ca-1.crt", "archive/ca-1.key",
      ])
    _ = try folder.startRotation()
    try folder.finish(2, key: .destroy)
    #expect(
      try home.files() == [
        "ca-3.crt", "ca-3.key", "archive/ca-1.crt", "archive/ca-1.key",
        "archive/ca-2.crt",
      ])
    // With the inventory's first name again: its generation is gone, its name is taken.
    try FileManager.default.removeItem(atPath: folder.certificatePath(3))
    try FileManager.default.removeItem(atPath: folder.keyPath(3))
    #expect(try folder.add("shop center").commonName == "shop center 3")
  }

  @Test(
    "retiring a generation continues after an interruption at any step",
    arguments: 0...3)
  func finishingCutOff(steps: Int) throws {
    try folder.add()
    _ = try folder.startRotation()
    try FileManager.default.createDirectory(
      atPath: folder.archive.path, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    let (folder, archive) = (folder, folder.archive)
    let moves = [
      { try FileWriter.move(folder.keyPath(1), to: archive.keyPath(1)) },
      { try FileWriter.move(folder.certificatePath(1), to: archive.certificatePath(1)) },
      { try FileWriter.remove(folder.revocationListPath(1)) },
    ]
    for move in moves.prefix(steps) { try move() }
    // After any of its steps, it is known which generation signs, and no other rotation begins.
    #expect(try folder.generations().last?.generation == 2)
    #expect(try folder.startRotation().last?.generation == 2)
    if steps < 2 { try folder.finish(1, key: .archive) }
    #expect(
      try home.files() == [
        "ca-2.crt", "ca-2.key", "archive/ca-1.crt", "archive/ca-1.key",
      ])
  }

  @Test(
    "archived keys get a new passphrase too; one with another passphrase is reported and unchanged")
  func archivedPassphrase() throws {
    try folder.add()
    _ = try folder.startRotation()
    try folder.finish(1, key: .archive)
    _ = try folder.startRotation()
    try folder.finish(2, key: .archive)
    let (old, new) = (passphrase, Secret(copying: Array("new".utf8)))
    let foreign = try CAFiles.reseal(
      encryptedKeyPEM: contents(folder.archive.keyPath(1)), passphrase: old,
      newPassphrase: Secret(copying: Array("forgotten".utf8)))
    try FileWriter.replace(folder.archive.keyPath(1), text: foreign, for: .ownerAlone)
    let change = try folder.changePassphrase(from: old, to: new)
    #expect(change.changed == [folder.keyPath(3), folder.archive.keyPath(2)])
    #expect(change.leftAlone.count == 1)
    #expect(
      change.leftAlone.first?.hasPrefix("\(folder.archive.keyPath(1)): ") == true
        && change.leftAlone.first?.contains("the passphrase is wrong") == true)
    #expect(try contents(folder.archive.keyPath(1)) == foreign)
    let again = try folder.changePassphrase(from: old, to: new)
    #expect(again.changed.isEmpty && again.leftAlone == change.leftAlone)
    let archived = try folder.archive.record(2, .trusted)
    _ = try folder.archive.unlock(archived, passphrase: new)
  }

  @Test("a folder in which every generation retires is refused, with the command that repairs it")
  func lastOne() throws {
    try folder.add()
    try folder.retire(1)
    let refusal = message { _ = try folder.generations() }
    #expect(refusal.contains("so none can sign"))
    #expect(refusal.contains("rm \(folder.retiringPath(1))"))
  }

  @Test("a renewal replaces the certificate, and everything that was signed stays valid")
  func renewal() throws {
    let old = try folder.add()
    let ca = try folder.unlock(old, passphrase: passphrase)
    let leaf = try ca.issue(
      LeafRequest(
        role: .server, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256,
        validFor: 30 * day), now: now)
    let new = try folder.renew(old, ca, validFor: 4000 * day, now: now + day)
    #expect(new.keyIdentifier == old.keyIdentifier && new.commonName == old.commonName)
    #expect(new.fingerprint != old.fingerprint)
    #expect(new.notAfter.secondsSince1970 == now + 4001 * day)
    #expect(try folder.generations() == [new])
    try CertificateBundle(pem: new.certificate).verify(
      leafPEM: leaf.certificatePEM, as: .server, name: "a.example", at: now + day)
    #expect(
      message { _ = try folder.renew(new, ca, validFor: day, now: now) }
        .contains("would not expire later"))
  }

  @Test("each problem of a key, a certificate or the folder has its own message")
  func faults() throws {
    let record = try folder.add()
    func unlocking(_ text: String = "correct horse") -> String {
      message { _ = try folder.unlock(record, passphrase: Secret(copying: Array(text.utf8))) }
    }
    #expect(
      unlocking("wrong").hasPrefix(
        "\(folder.keyPath(1)): cannot unlock the CA's key: the passphrase is wrong"))
    let key = try contents(folder.keyPath(1))
    try FileWriter.replace(
      folder.keyPath(1), text: String(key.dropLast(40)), for: .ownerAlone)
    #expect(unlocking().contains("it is damaged; restore it"))
    try FileWriter.replace(folder.keyPath(1), text: key, for: .ownerAlone)
    #expect(chmod(folder.keyPath(1), 0o640) == 0)
    #expect(unlocking().contains("chmod 600 \(folder.keyPath(1))"))
    #expect(chmod(folder.keyPath(1), 0o600) == 0)
    #expect(chmod(folder.path, 0o770) == 0)
    #expect(unlocking().contains("chmod 700 \(folder.path)"))
    #expect(chmod(folder.path, 0o700) == 0)
    #expect(try folder.findings() == [])
    try FileWriter.remove(folder.keyPath(1))
    #expect(unlocking().contains("Restore the folder from a backup"))
    #expect(try folder.findings().first?.contains("has no key, so it cannot sign") == true)
    try FileWriter.replace(folder.certificatePath(1), text: "nothing", for: .everyone)
    #expect(
      message { _ = try folder.generations() }.contains(
        "cannot read \(folder.certificatePath(1)): the text contains no certificate"))
  }

  @Test("a key without a certificate is never overwritten, and needs its own passphrase")
  func interruptedCreation() throws {
    let record = try folder.add()
    let key = try contents(folder.keyPath(1))
    try FileManager.default.removeItem(atPath: folder.certificatePath(1))
    #expect(try folder.findings().first?.contains("its creation was interrupted") == true)
    let other = Secret(copying: Array("other".utf8))
    #expect(
      message { _ = try folder.add(policy(), passphrase: other, now: now) }
        .hasPrefix("\(folder.keyPath(1)): cannot unlock the CA's key"))
    #expect(try folder.generations() == [])
    // A partly written file of a killed run does not block the next one.
    try home.write("half", to: "shop.ca/ca-1.crt.new")
    let again = try folder.add()
    #expect(again.keyIdentifier == record.keyIdentifier && again.commonName == record.commonName)
    #expect(try contents(folder.keyPath(1)) == key)
    #expect(message { try folder.refuseSecond() }.contains("there is a CA already"))
  }

  private func contents(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}
