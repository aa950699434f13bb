import Fleet
import FleetLiterals
import Inventories
import Planning
import State
import Testing

@Suite("The expiry dates of a fleet")
struct ExpiryTests {
  private static let day: Int64 = 86_400
  private let now = Scenario.start
  private var state = FleetState(fleet: "shop", lineage: "a1")

  private func later(_ days: Int64, seconds: Int64 = 0) -> Timestamp {
    now.adding(seconds: days * Self.day + seconds)
  }

  private func host(_ ends: [String: Timestamp]) -> HostRecord {
    HostRecord(
      address: "198.18.0.21", roles: [],
      release: ReleaseRecord(
        number: 1, files: [:],
        certificates: ends.mapValues {
          CertificateRecord(
            serial: "4f", issuer: "Shop CA", issuerKeyIdentifier: "a1", commonName: "x", names: [],
            key: "ecdsa-p256", notBefore: now, notAfter: $0)
        }), appliedAt: now, appliedBy: "ann@laptop")
  }

  private func lines(
    _ state: FleetState, sites: [String: Timestamp] = [:], lists: [Int: Timestamp] = [:],
    roots: [Expiry.Root] = []
  ) throws -> [String] {
    let sites = try sites.map { domain, end in
      (
        try #require(DomainName(domain)),
        Materials.SiteCertificate(certificate: "PEM", keyDigest: "ab", notAfter: end)
      )
    }
    return Expiry.all(
      of: state, LeafPolicy(validFor: .days(365), renewBefore: .days(30)),
      siteCertificates: Dictionary(uniqueKeysWithValues: sites), revocationLists: lists,
      roots: roots, now: now
    ).map { "\($0.kind.rawValue) \($0.host?.text ?? "-") \($0.name) \($0.daysLeft) \($0.urgency)" }
  }

  @Test("are in one list, earliest first")
  func order() throws {
    var state = state
    state.caGenerations = [Scenario.ca(1), Scenario.ca(2)]
    state.hosts["edge-1"] = host(["tls/front-end.crt": later(200)])
    state.hosts["app-1"] = host(["tls/back-end.crt": later(-1)])
    #expect(
      try lines(
        state, sites: ["shop.example": later(29), "blog.example": later(31)],
        lists: [2: later(3650)]) == [
          "certificate app-1 tls/back-end.crt -1 ended",
          "site-certificate - shop.example 29 due", "site-certificate - blog.example 31 none",
          "certificate edge-1 tls/front-end.crt 200 none", "ca - Shop CA 3650 none",
          "ca - Shop CA 2 3650 none", "revocation-list - Shop CA 2 3650 none",
        ])
  }

  @Test("The root above a CA is listed once, with its list, which is due two weeks before its end")
  func roots() throws {
    var state = state
    state.caGenerations = [Scenario.ca(1)]
    let root = Expiry.Root(name: "Root", notAfter: later(4000), listEnd: later(13))
    let same = Expiry.Root(name: "Own Root", notAfter: later(5000), listEnd: later(5000))
    #expect(
      try lines(state, roots: [root, root, same]) == [
        "revocation-list - Root 13 due", "ca - Shop CA 3650 none", "ca - Root 4000 none",
        "ca - Own Root 5000 none", "revocation-list - Own Root 5000 none",
      ])
    let later = Expiry.Root(name: "Root", notAfter: later(4000), listEnd: later(14))
    #expect(try lines(state, roots: [later]).first == "revocation-list - Root 14 none")
  }

  @Test(
    "Each kind is due as long before its end as it takes to do something about it",
    arguments: [(365, 30, 30), (364, 29, 29)] as [(Int64, Int64, Int64)])
  func margins(ca: Int64, leaf: Int64, site: Int64) throws {
    var state = state
    var record = Scenario.ca(1)
    record.notAfter = later(ca)
    state.caGenerations = [record]
    state.hosts["app-1"] = host(["tls/back-end.crt": later(leaf)])
    let urgency = ca == 365 ? "none" : "due"
    #expect(
      Set(try lines(state, sites: ["shop.example": later(site)], lists: [1: later(ca)])) == [
        "ca - Shop CA \(ca) \(urgency)",
        "revocation-list - Shop CA \(ca) \(urgency)",
        "certificate app-1 tls/back-end.crt \(leaf) \(urgency)",
        "site-certificate - shop.example \(site) \(urgency)",
      ])
  }

  @Test("that are now count as expired, and those in a second do not")
  func lastSecond() throws {
    var state = state
    state.hosts["a"] = host(["x": now])
    state.hosts["b"] = host(["x": later(0, seconds: 1)])
    #expect(try lines(state) == ["certificate a x 0 ended", "certificate b x 0 due"])
  }
}
