import Certificates
import Files
import Fleet
import FleetFolders
import FleetLiterals
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

  @Test("there is no list until something is revoked, and then one for each generation")
  func oneForEach() async throws {
    let records = try folder.generations()
    #expect(try await lists([]).0 == [])
    let (first, unlocked) = try await lists([revocation("4f11", records[0])])
    #expect(unlocked == [1, 2])
    #expect(first.map { $0.revoked.map(\.serial) } == [["4f11"], []])
    #expect(first.map(\.nextUpdate) == records.map(\.notAfter.secondsSince1970))
    #expect(try records.map { try folder.revocationList(of: $0) } == first)
  }

  @Test("a list is signed again only if a revocation is missing in it")
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
    // An expired certificate needs no revocation, but that alone changes no list.
    let (later, unlocked) = try await lists(both, now: now + 31 * day)
    #expect(later == next && unlocked == [])
  }

  @Test("a renewed generation has a list that expires with it")
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

  @Test("without its key, a generation keeps its list, and none of its certificates can be revoked")
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

  @Test("if nothing is revoked, a generation that was left without key and list is not refused")
  func leftWithout() async throws {
    let records = try folder.generations()
    // The list that an imported intermediate has from the start.
    let second = try folder.unlock(records[1], passphrase: passphrase)
    try home.write(
      second.revocationList(of: [], now: now).pem, to: "shop.ca/ca-2.crl")
    #expect(try await lists([]).0.count == 2)
    try FileWriter.remove(folder.revocationListPath(1))
    try FileWriter.remove(folder.keyPath(1))
    try folder.retire(1)
    #expect(try await lists([]).0 == [])
    #expect(try await lists([revocation("4f11", records[1])]).0.map(\.revoked.count) == [1])
  }

  @Test("what a list revokes is in the state as soon as the generation is")
  func takenIn() async throws {
    let records = try folder.generations()
    _ = try await lists([revocation("4f11", records[1])])
    var state = FleetState(fleet: "shop", lineage: "a1")
    try folder.takeIn(into: &state, now: Timestamp(secondsSince1970: now))
    #expect(state.revocations.map(\.serial) == ["4f11"])
    #expect(state.revocations.map(\.notAfter) == [records[1].notAfter])
  }

  @Test("revocations are recovered from the lists if the state is lost")
  func recorded() async throws {
    let records = try folder.generations()
    _ = try await lists([revocation("4f11", records[0])])
    var expected = revocation("4f11", records[0])
    expected.host = nil
    expected.notAfter = records[0].notAfter
    #expect(try folder.recordedRevocations() == [expected])
  }
}
