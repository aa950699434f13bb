import Fleet
import FleetLiterals
import Foundation
import State
import Testing

@Suite("The record of issued certificates")
struct IssuanceTests {
  private let now = Timestamp(secondsSince1970: 1_000_000)

  private func record(
    _ host: HostName, _ serial: String, path: String = "tls/back-end.crt",
    endsAt end: Int64 = 2_000_000
  ) -> IssuanceRecord {
    IssuanceRecord(
      host: host, path: path,
      certificate: CertificateRecord(
        serial: serial, issuer: "Shop CA", issuerKeyIdentifier: "1e", commonName: host.text,
        names: [host.text], key: "ecdsa-p256", notBefore: now,
        notAfter: Timestamp(secondsSince1970: end)),
      issuedAt: now)
  }

  private func state(_ records: [IssuanceRecord]) -> FleetState {
    var state = FleetState(fleet: "shop", lineage: "a1")
    state.recordIssued(records, at: now)
    return state
  }

  @Test("lists the certificates of each host, and of no host with a similar name")
  func ofHost() {
    let state = state(
      ["app-10", "app", "app-1", "app-2", "app-1"].enumerated().map { record($1, "0\($0)") })
    #expect(state.issued.map(\.certificate.serial) == ["01", "02", "04", "00", "03"])
    #expect(state.issued(to: "app-1", at: now).map(\.certificate.serial) == ["02", "04"])
    #expect(state.issued(to: "app-10", at: now).map(\.certificate.serial) == ["00"])
    #expect(state.issued(to: "app-3", at: now).isEmpty)
  }

  @Test("keeps a certificate until it has expired, even if its host has left")
  func expiry() {
    var state = state([record("app-1", "01", endsAt: 1_500_000), record("app-1", "02")])
    state.hosts = [:]
    let later = Timestamp(secondsSince1970: 1_600_000)
    #expect(state.issued(to: "app-1", at: later).map(\.certificate.serial) == ["02"])
    state.recordIssued([record("app-2", "03")], at: later)
    #expect(state.issued.map(\.certificate.serial) == ["02", "03"])
  }

  @Test("has a certificate once, however often it is recorded")
  func once() {
    var state = state([record("app-1", "01"), record("app-1", "02")])
    state.recordIssued([record("app-1", "01"), record("app-0", "01")], at: now)
    #expect(state.issued.map(\.host) == ["app-0", "app-1", "app-1"])
  }

  @Test(
    "has issued a release only if the host, the serial, the names and the end of each certificate agree"
  )
  func claims() {
    let state = state([record("app-1", "01"), record("app-2", "02")])
    func isIssued(_ record: IssuanceRecord, to host: HostName = "app-1") -> Bool {
      state.hasIssued(
        ReleaseRecord(number: 1, files: [:], certificates: [record.path: record.certificate]),
        to: host)
    }
    #expect(isIssued(record("app-1", "01")))
    #expect(!isIssued(record("app-1", "01", endsAt: 3_000_000)))
    #expect(!isIssued(record("app-1", "02")), "it is of another host")
    #expect(!isIssued(record("app-2", "02")), "it is of another host")
    #expect(!isIssued(record("app-1", "03")))
    var renamed = record("app-1", "01")
    renamed.certificate.names = ["app-1", "shop.example"]
    #expect(!isIssued(renamed))
    #expect(
      state.hasIssued(ReleaseRecord(number: 1, files: [:], certificates: [:]), to: "app-1"),
      "a release without certificates claims none")
  }

  @Test("of a state of version 0.1.0 is what its hosts are recorded to have")
  func takenOver() throws {
    var samples = Samples(seed: 3)
    var old = samples.state()
    while old.hosts.values.allSatisfy(\.release.certificates.isEmpty) { old = samples.state() }
    var json = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(old)) as? [String: Any])
    json["issued"] = nil
    var state = try JSONDecoder().decode(
      FleetState.self, from: JSONSerialization.data(withJSONObject: json))
    #expect(state.issued.isEmpty)
    state.takeOverInstalledCertificates()
    #expect(state.issued.count == old.hosts.values.map(\.release.certificates.count).reduce(0, +))
    for (host, record) in old.hosts { #expect(state.hasIssued(record.release, to: host)) }
    let again = state
    state.takeOverInstalledCertificates()
    #expect(state == again)
  }
}
