import Certificates
import Fleet
import FleetFolders
import Foundation
import State
import Testing

@testable import CAStore

@Suite("CAs that another program created, in the CA's folder")
struct CAImportTests {
  private let home: Home
  private var folder: CAFolder { home.folder }

  init() throws { home = try Home() }

  /// A CA that is not in the folder yet, and its files.
  private final class Foreign {
    let files: CAFiles
    let ca: CertificateAuthority
    let root: Foreign?

    init(_ name: String, below root: Foreign? = nil) throws {
      self.root = root
      files = try CertificateAuthority.create(
        CARequest(commonName: name, key: .ecdsaP256, validFor: 900 * day, isRoot: root == nil),
        below: root?.ca, passphrase: passphrase, now: now)
      ca = try CertificateAuthority.unlock(files, passphrase: passphrase)
    }

    func key() throws -> ForeignKey {
      try ForeignKey(
        pem: Secret(copying: Array(files.encryptedKeyPEM.utf8)), passphrase: passphrase,
        named: "\(ca.facts.commonName).key")
    }

    func imported() throws -> ImportedCA {
      try ImportedCA(
        CertificateBundle(pem: files.certificatePEM),
        chain: root.map { [try CertificateBundle(pem: $0.files.certificatePEM)] } ?? [],
        key: key(), now: now + day)
    }

    /// The CA with a list of its root; with one that the root's key signs if it is nil.
    func files(with list: RevocationList? = nil) throws -> CAImport {
      try CAImport(
        imported(), lists: list.map { [try CAImportTests.lists($0)] } ?? [],
        rootKey: list == nil ? root?.key() : nil, now: now + day)
    }
  }

  private static func lists(_ list: RevocationList) throws -> ForeignRevocationLists {
    try ForeignRevocationLists(Array(list.pem.utf8), named: "root.crl")
  }

  private func state() throws -> FleetState {
    var state = FleetState(fleet: "shop", lineage: "a1")
    try folder.takeIn(into: &state, now: Timestamp(secondsSince1970: now))
    return state
  }

  private func add(_ new: CAImport) throws -> CAGeneration {
    try folder.add(new, as: 1, passphrase: passphrase, now: now + day)
  }

  @Test("a CA below a generation of the fleet is refused, also if it has been retired")
  func rootIsGeneration() throws {
    let company = try Foreign("Company CA")
    let record = try add(company.files())
    let sub = try Foreign("Sub CA", below: company).imported()
    let present = message { _ = try folder.acquaintance(of: sub, state()) }
    #expect(
      present.contains("which has the key or the name of generation 1 of this fleet's CA. "),
      "\(present)")
    try FileManager.default.removeItem(atPath: folder.path)
    var later = try state()
    later.retiredCAs = [RetiredCA(record)]
    let retired = message { _ = try folder.acquaintance(of: sub, later) }
    #expect(retired.contains("this fleet's CA, which has been retired. Hosts"), "\(retired)")
    let other = try Foreign("Other CA", below: Foreign("Other Root")).imported()
    guard case .new(2) = try folder.acquaintance(of: other, later) else {
      Issue.record("a CA below another root is not new")
      return
    }
  }

  @Test("a retired generation is known by its key in the archive, under whatever name it returns")
  func archivedRoot() throws {
    let company = try Foreign("Company CA")
    _ = try add(company.files())
    let sub = try Foreign("Sub CA", below: company).imported()
    try FileManager.default.createDirectory(
      atPath: folder.archive.path, withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: folder.certificatePath(1), toPath: folder.archive.certificatePath(1))
    try FileManager.default.removeItem(atPath: folder.keyPath(1))
    var later = FleetState(fleet: "shop", lineage: "a1")
    later.retiredCAs = [
      RetiredCA(
        generation: 1, commonName: "Earlier Name", keyIdentifier: "00",
        notAfter: Timestamp(secondsSince1970: now))
    ]
    let retired = message { _ = try folder.acquaintance(of: sub, later) }
    #expect(retired.contains("this fleet's CA, which has been retired. Hosts"), "\(retired)")
  }

  @Test("a list of a root that hosts could not use is refused before it is written")
  func unusableList() throws {
    let root = try Foreign("Company Root")
    let record = try add(Foreign("Company CA", below: root).files())
    let before = try folder.root(above: record)?.list
    let early = try root.ca.revocationList(of: [], now: now + 10 * day)
    let refused = message {
      _ = try folder.replaceRootLists(of: [record], with: [lists(early)], now: now + 2 * day)
    }
    #expect(
      refused.contains("\"Company CA\" (CRL is not yet valid). Get the complete"), "\(refused)")
    #expect(try folder.root(above: record)?.list == before)
    let next = try root.ca.revocationList(of: [], now: now + 2 * day)
    #expect(
      try folder.replaceRootLists(of: [record], with: [lists(next)], now: now + 2 * day).count
        == 1)
    #expect(try folder.root(above: record)?.list == next)
  }

  private func lists(_ list: RevocationList) throws -> ForeignRevocationLists {
    try Self.lists(list)
  }

  @Test(
    "an import that is repeated keeps a newer list of the root, and never replaces it by an empty one"
  )
  func repeated() throws {
    let root = try Foreign("Company Root")
    let sub = try Foreign("Company CA", below: root)
    let record = try add(sub.files())
    func list(_ serials: [String], _ time: Int64) throws -> RevocationList {
      try root.ca.revocationList(
        of: serials.map { RevokedCertificate(serial: $0, revokedAt: now, reason: .superseded) },
        now: time)
    }
    let older = try list([], now + day - 60)
    let published = try list(["4f11"], now + day + 60)
    _ = try folder.replaceRootLists(of: [record], with: [lists(published)], now: now + 2 * day)
    func again(_ new: CAImport) throws -> RootListOutcome? {
      try folder.replace(record, with: new, passphrase: passphrase, now: now + 2 * day).rootList
    }
    for new in [try sub.files(), try sub.files(with: older)] {
      let outcome = try #require(try again(new))
      #expect(!outcome.isReplaced && outcome.list == published)
      #expect(try folder.root(above: record)?.list == published)
    }
    #expect(try again(sub.files(with: published)) == nil)
    let newest = try list(["4f11", "5a"], now + day + 120)
    #expect(try again(sub.files(with: newest))?.isReplaced == true)
    #expect(try folder.root(above: record)?.list == newest)
  }
}
