import Fleet
import FleetLiterals
import State
import Testing

@Suite("Revoking the certificates of a host")
struct RevocationTests {
  private let now = Timestamp(secondsSince1970: 1_800_000_000)

  private func certificate(_ serial: String) -> CertificateRecord {
    CertificateRecord(
      serial: serial, issuer: "Shop CA", issuerKeyIdentifier: "a1", commonName: "edge-1",
      names: ["edge-1"], key: "ecdsa-p256", notBefore: now, notAfter: now.adding(seconds: 9))
  }

  private func release(_ certificates: [String: String]) -> ReleaseRecord {
    ReleaseRecord(number: 1, files: [:], certificates: certificates.mapValues(certificate))
  }

  private func state(_ certificates: [String: String]) -> FleetState {
    var state = FleetState(fleet: "shop", lineage: "l-1")
    state.hosts["edge-1"] = HostRecord(
      address: "198.18.0.10", roles: ["front-end"],
      release: release(certificates), appliedAt: now, appliedBy: "ann@laptop")
    state.takeOverInstalledCertificates()
    return state
  }

  @Test("revokes every certificate that was issued to it, each once, even those it no longer has")
  func everyIssued() {
    var state = state(["tls/front-end.crt": "0a", "tls/sites/shop.example.crt": "0b"])
    let others: [(host: HostName, serial: String, seconds: Int64)] = [
      ("edge-1", "0c", 9), ("edge-1", "0e", 0), ("edge-2", "0f", 9),
    ]
    state.recordIssued(
      others.map { other in
        var certificate = certificate(other.serial)
        certificate.notAfter = now.adding(seconds: other.seconds)
        return IssuanceRecord(
          host: other.host, path: "tls/front-end.crt", certificate: certificate, issuedAt: now)
      }, at: now)
    state.hosts = [:]
    state.revokeCertificates(of: "edge-1", at: now, reason: .superseded)
    #expect(state.revocations.map(\.serial) == ["0a", "0b", "0c"])
    #expect(state.revocations.allSatisfy { $0.host == "edge-1" && $0.reason == .superseded })
    #expect(state.revocation(of: certificate("0b")) != nil)
    #expect(state.revocation(of: certificate("0d")) == nil)
  }

  @Test("again changes nothing unless the reason is different")
  func again() {
    var state = state(["tls/front-end.crt": "0a"])
    state.revokeCertificates(of: "edge-1", at: now, reason: .superseded)
    let first = state
    let later = now.adding(seconds: 5)
    state.revokeCertificates(of: "edge-1", at: later, reason: .superseded)
    #expect(state == first)
    state.revokeCertificates(of: "edge-1", at: later, reason: .keyCompromise)
    #expect(state.revocations.map(\.reason) == [.keyCompromise])
    #expect(state.revocations.map(\.revokedAt) == [later])
  }

  @Test("of an unknown host revokes nothing")
  func unknown() {
    var state = state(["tls/front-end.crt": "0a"])
    state.revokeCertificates(of: "edge-9", at: now, reason: .superseded)
    #expect(state.revocations == [])
  }
}
