import Certificates
import Files
import Fleet
import FleetFolders
import Foundation
import State
import Testing

@testable import CAStore

@Suite("The revocation lists of a CA's generations")
struct RevocationListsTests {
  private let home: Home
  private var folder: CAFolder { home.folder }

  init() throws {
    home = try Home()
    try folder.add()
    try folder.add()
  }

  private func revocation(_ serial: String, _ issuer: CAGeneration) -> Revocation {
    Revocation(
      serial: serial, issuerKeyIdentifier: issuer.keyIdentifier, host: "app-1",
      revokedAt: Timestamp(secondsSince1970: now), reason: .keyCompromise,
      notAfter: Timestamp(secondsSince1970: now + 30 * day))
  }

  /// The lists, and the generations that had to be unlocked for them.
  private func lists(
    _ revocations: [Revocation], now time: Int64 = now
  ) async throws -> ([RevocationList], [Int]) {
    var unlocked: [Int] = []
    let lists = try await folder.revocationLists(
      revocations, of: folder.generations(), now: Timestamp(secondsSince1970: time)
    ) { record in
      unlocked.append(record.generation)
      return try folder.unlock(record, passphrase: passphrase)
    }
    try folder.keep(lists)
    return (lists.signed.map(\.list), unlocked)
  }

  @Test("There is none until something is revoked, and then one for each generation")
  func oneForEach() async throws {
    let records = try folder.generations()
    #expect(try await lists([]).0 == [])
    let (first, unlocked) = try await lists([revocation("4f11", records[0])])
    #expect(unlocked == [1, 2])
    #expect(first.map { $0.revoked.map(\.serial) } == [["4f11"], []])
    #expect(first.map(\.nextUpdate) == records.map(\.notAfter.secondsSince1970))
    #expect(try records.map { try folder.revocationList(of: $0) } == first)
  }

  @Test("A list is signed anew only where it does not say what is revoked")
  func signedOnce() async throws {
    let records = try folder.generations()
    let (first, _) = try await lists([revocation("4f11", records[0])])
    let (same, none) = try await lists([revocation("4f11", records[0])], now: now + day)
    #expect(same == first && none == [])
    let both = [revocation("4f11", records[0]), revocation("5a", records[1])]
    let (next, second) = try await lists(both, now: now + day)
    #expect(second == [2])
    #expect(next[0] == first[0] && next[1].revoked.map(\.serial) == ["5a"])
    #expect(next[1].number > first[1].number)
    // What has ended by itself needs no refusal, but no host is touched for that.
    let (later, added) = try await lists(both, now: now + 31 * day)
    #expect(later == next && added == [])
  }

  @Test("A renewed generation has a list that ends with it")
  func renewed() async throws {
    let records = try folder.generations()
    _ = try await lists([revocation("4f11", records[0])])
    let new = try folder.renew(
      records[0], folder.unlock(records[0], passphrase: passphrase), validFor: 4000 * day,
      now: now + day)
    let list = try #require(try folder.revocationList(of: new))
    #expect(list.nextUpdate == new.notAfter.secondsSince1970)
    #expect(list.revoked.map(\.serial) == ["4f11"])
    #expect(try await lists([revocation("4f11", records[0])]).1 == [])
  }

  @Test("Without its key a generation keeps its list, and nothing more of it can be revoked")
  func withoutKey() async throws {
    let records = try folder.generations()
    let (first, _) = try await lists([revocation("4f11", records[0])])
    try FileWriter.remove(folder.keyPath(1))
    #expect(try await lists([revocation("4f11", records[0])]).0 == first)
    await #expect {
      _ = try await lists([revocation("4f11", records[0]), revocation("5a", records[0])])
    } throws: {
      ($0 as? CAStoreError)?.message.contains("only that key can sign for generation 1") == true
    }
  }

  @Test("A lost state finds in the lists what was revoked")
  func recorded() async throws {
    let records = try folder.generations()
    _ = try await lists([revocation("4f11", records[0])])
    var expected = revocation("4f11", records[0])
    expected.host = nil
    expected.notAfter = records[0].notAfter
    #expect(try folder.recordedRevocations() == [expected])
  }
}
