import Fleet
import FleetLiterals
import State
import Testing

@Suite("The manifest of a release that was not confirmed")
struct DiscardedReleaseTests {
  private static let key = FleetKey(generation: 1, publicKey: String(repeating: "a", count: 64))
  private static let now = Timestamp(secondsSince1970: 1_790_000_000)

  private static var certificate: CertificateRecord {
    CertificateRecord(
      serial: "5d00", issuer: "Shop CA", issuerKeyIdentifier: "aa", commonName: "edge-1",
      names: ["edge-1"], key: "ecdsa-p256", notBefore: now,
      notAfter: Timestamp(secondsSince1970: 1_800_000_000))
  }

  /// The serials that a state takes in from edge-1.
  private func taken(
    _ signature: ShownManifest.Signature = .valid(key), fleet: String = "shop",
    lineage: String = "one", host: HostName = "edge-1", replacing: Bool = false
  ) -> [String] {
    var state = FleetState(fleet: "shop", lineage: "one")
    state.fleetKeys = [Self.key]
    if replacing {
      state.fleetKeys.append(
        FleetKey(
          generation: 2, publicKey: String(repeating: "b", count: 64),
          endorsement: .init(signer: Self.key.publicKey, signature: "")))
    }
    let manifest = Manifest(
      fleet: fleet, lineage: lineage, host: host, serial: 7, madeAt: Self.now, madeBy: "ann@laptop",
      release: ReleaseRecord(number: 2, files: [:], certificates: [:]),
      knowledge: FleetKnowledge(issued: [
        IssuanceRecord(
          host: "edge-1", path: "tls/front-end.crt", certificate: Self.certificate,
          issuedAt: Self.now)
      ]))
    var observation = HostObservation(clock: Self.now)
    observation.discardedManifests = [
      ShownManifest(manifest: nil, digest: "", signature: .invalid),
      ShownManifest(manifest: manifest, digest: "00", signature: signature),
    ]
    state.takeInDiscarded(["edge-1": .observed(observation)], at: Self.now)
    return state.issued(to: "edge-1", at: Self.now).map(\.certificate.serial)
  }

  @Test("is accepted if this fleet's key signed it for that host")
  func signed() { #expect(taken() == ["5d00"]) }

  @Test("is not accepted otherwise")
  func forged() {
    #expect(taken(.missing).isEmpty)
    #expect(taken(.invalid).isEmpty)
    #expect(taken(.unknown(publicKey: "bb")).isEmpty)
    #expect(taken(fleet: "other").isEmpty)
    #expect(taken(lineage: "two").isEmpty)
    #expect(taken(host: "edge-2").isEmpty)
    #expect(taken(replacing: true).isEmpty)
  }
}
