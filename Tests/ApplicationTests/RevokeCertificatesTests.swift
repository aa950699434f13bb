import Application
import CAStore
import Certificates
import FleetFolders
import State
import Testing

@Suite("Revoking certificates, without a terminal")
struct RevokeCertificatesTests {
  private static let serial = "4f112233445566778899aabbccddeeff"

  private func revoke(_ fleet: TestFleet, _ user: FakeInteraction) async throws {
    let prefix = try #require(SerialPrefix(Self.serial))
    _ = try await RevokeCertificates(fleet.run(user), reason: .keyCompromise)
      .revoke(hosts: [], serials: [prefix], foreign: true)
  }

  @Test("is saved in the state and in a signed list before the plan is carried out")
  func revoked() async throws {
    let fleet = try await TestFleet()
    try await revoke(fleet, FakeInteraction())
    #expect(fleet.hosts.seen.plans.count == 1)
    let revocations = try await fleet.state().revocations
    #expect(revocations.count == 1 && revocations.first?.reason == .keyCompromise)
    let record = try #require(try fleet.home.folder.generations().last)
    let list = try #require(try fleet.home.folder.revocationList(of: record))
    #expect(list.revoked.map(\.serial) == revocations.map(\.serial))
  }

  @Test("saves neither a revocation nor a list unless the user confirms")
  func refused() async throws {
    let fleet = try await TestFleet()
    let failure = await #expect(throws: Failure.self) {
      try await revoke(fleet, FakeInteraction(saysYes: false))
    }
    #expect(failure?.message?.hasPrefix("nothing was revoked") == true)
    #expect(fleet.hosts.seen.plans.isEmpty && !fleet.hasState)
    let record = try #require(try fleet.home.folder.generations().last)
    #expect(try fleet.home.folder.revocationList(of: record) == nil)
  }

  @Test("of a host without certificates is refused before planning")
  func nothingIssued() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let failure = await #expect(throws: Failure.self) {
      _ = try await RevokeCertificates(fleet.run(user), reason: .unspecified)
        .revoke(hosts: ["app-1"], serials: [], foreign: false)
    }
    #expect(failure?.kind == .usage && failure?.message?.contains("app-1") == true)
    #expect(user.seen.plans.isEmpty)
  }
}
