import Fleet
import FleetLiterals
import State
import TestSupport

/// Releases and states made of seeded random facts.
struct Samples {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func hex(_ count: Int) -> String {
    String((0..<count).map { _ in "0123456789abcdef".randomElement(using: &random) ?? "0" })
  }

  private mutating func moment() -> Timestamp {
    Timestamp(secondsSince1970: Int64(number(0...4_000_000_000)))
  }

  private mutating func certificate() -> CertificateRecord {
    CertificateRecord(
      serial: hex(32), issuer: ["Shop CA", "Shop Certification Center (2)", "é"][number(0...2)],
      issuerKeyIdentifier: hex(40), commonName: "app-\(number(1...9))",
      names: (0..<number(1...3)).map { "n\($0).example" }, key: "ecdsa-p256",
      notBefore: moment(), notAfter: moment())
  }

  private mutating func port() -> Port { Port(number(1...65535)) ?? .https }

  private static let several = PortRange(10_000, 20_000) ?? PortRange(10_000)

  private mutating func openings() -> [Opening] {
    let all: [Traffic?] = [
      .tcp(PortRange(443)), .tcp(PortRange(22)), nil,
      number(0...1) == 0 ? .tcp(Self.several) : .udp(Self.several),
      .udp(PortRange(51_820)), .other(.vrrp),
    ]
    return all.prefix(number(0...6)).map { traffic in
      Opening(
        traffic.map { Opening.Target($0) } ?? .everythingElse,
        from: [.everybody, .ranges([]), .ranges(["198.18.0.1", "10.0.0.0/8"])][number(0...2)],
        why: ["SSH", "front-ends of a.example, b.example"][number(0...1)])
    }
  }

  private mutating func facts() -> EdgeFacts {
    let addresses: [IPAddress?] = ["198.18.0.1", "2001:db8::1", nil]
    return EdgeFacts(
      address: addresses[number(0...2)],
      otherAddresses: [[], ["10.0.0.7"], ["10.0.0.7", "2001:db8::7"]][number(0...2)],
      trusts: (0..<number(0...2)).map { _ in hex(40) },
      refuses: [nil, [], ["00a1", "5f"]][number(0...2)], openings: openings(),
      services: (0..<number(0...2)).map {
        .init(
          site: "s\($0).example", port: port(),
          frontEnds: [nil, [], ["edge-1"], ["edge-1", "nobody"]][number(0...3)])
      },
      routes: (0..<number(0...2)).map {
        .init(
          site: "s\($0).example", host: "app-\(number(1...9))", address: "2001:db8::\($0)",
          port: port(), source: [nil, "2001:db8::f"][number(0...1)])
      })
  }

  mutating func release() -> ReleaseRecord {
    var release = ReleaseRecord(
      number: .first.following(number(0...999)), files: [:], certificates: [:])
    for index in 0..<number(0...6) {
      release.files["nginx/site-\(index).conf"] = FileRecord(digest: hex(64), isSecret: false)
    }
    for index in 0..<number(0...3) {
      release.files["tls/\(index).crt"] = FileRecord(digest: hex(64), isSecret: false)
      release.files["tls/\(index).key"] = FileRecord(digest: hex(64), isSecret: true)
      release.certificates["tls/\(index).crt"] = certificate()
    }
    release.facts = facts()
    release.replaces = [nil, ReleaseBefore(ReleaseNumber(number(0...9)))][number(0...1)]
    return release
  }

  mutating func manifest() -> Manifest {
    var manifest = Manifest(
      fleet: "shop", lineage: hex(32), host: "app-1", serial: number(0...1000), madeAt: moment(),
      madeBy: "ann the second@laptop", release: release(), knowledge: knowledge())
    if number(0...3) > 0 { manifest.signature = .init(publicKey: hex(64), text: hex(128)) }
    return manifest
  }

  private mutating func knowledge() -> FleetKnowledge {
    FleetKnowledge(
      caGenerations: (0..<number(0...2)).map { generation in
        CAGeneration(
          generation: generation + 1, commonName: "Shop CA (\(generation))", keyIdentifier: hex(40),
          fingerprint: hex(64), notBefore: moment(), notAfter: moment(),
          certificate: ["PEM\nof a \\ line\n", "A\r\nB  \n", "\\n"][number(0...2)],
          status: [.signing, .trusted, .retiring][number(0...2)])
      },
      retired: (0..<number(0...2)).map {
        RetiredCA(
          generation: $0 + 9, commonName: "Old CA", keyIdentifier: hex(40), notAfter: moment())
      },
      revocations: (0..<number(0...2)).map { _ in revocation() },
      keys: (0..<number(0...2)).map { generation in
        FleetKey(
          generation: generation + 1, publicKey: hex(64),
          endorsement: generation == 0 ? nil : .init(signer: hex(64), signature: hex(128)))
      },
      issued: (0..<number(0...2)).map { index in
        IssuanceRecord(
          host: "app-1", path: "tls/\(index).crt", certificate: certificate(), issuedAt: moment())
      })
  }

  private mutating func revocation() -> Revocation {
    Revocation(
      serial: hex(32), issuerKeyIdentifier: hex(40), host: [nil, "app-1"][number(0...1)],
      revokedAt: moment(), reason: Revocation.Reason.allCases[number(0...3)], notAfter: moment())
  }

  mutating func state() -> FleetState {
    var state = FleetState(fleet: "shop", lineage: hex(32))
    state.serial = number(0...1000)
    state.caGenerations = (0..<number(0...3)).map { generation in
      CAGeneration(
        generation: generation + 1, commonName: "Shop CA", keyIdentifier: hex(40),
        fingerprint: hex(64), notBefore: moment(), notAfter: moment(), certificate: "PEM\n",
        status: [.signing, .trusted, .retiring][number(0...2)])
    }
    state.revocations = (0..<number(0...2)).map { index in
      Revocation(
        serial: hex(32), issuerKeyIdentifier: hex(40), host: index == 0 ? "app-1" : nil,
        revokedAt: moment(), reason: Revocation.Reason.allCases[number(0...3)],
        notAfter: moment())
    }
    for index in 0..<number(0...5) {
      state.hosts["host-\(index)"] = HostRecord(
        address: "198.18.0.\(index)", roles: ["back-end"],
        release: release(), appliedAt: moment(), appliedBy: "ann@laptop")
    }
    for index in 0..<number(0...2) {
      state.begin(
        SiteMaintenance(
          site: "s\(index).example", since: moment(), by: "ann@laptop",
          page: [nil, "<p>soon</p>\n"][number(0...1)],
          allowed: [[], ["198.51.100.0/24"]][number(0...1)],
          retryAfter: 600))
    }
    for index in 0..<number(0...2) {
      state.drain(
        "host-\(index)",
        HostDrain(since: moment(), by: "ann@laptop", isForced: number(0...1) == 0))
    }
    state.recordIssued(
      (0..<number(0...4)).map { index in
        IssuanceRecord(
          host: "host-\(index % 3)", path: "tls/\(index).crt", certificate: certificate(),
          issuedAt: moment())
      }, at: moment())
    return state
  }

  /// A change of a host that the state may or may not have; releases have certificates that were issued before.
  mutating func change(of state: FleetState) -> StateChange {
    let host: HostName = "host-\(number(0...5))"
    switch number(0...4) {
    case 0:
      return .issued(
        (0..<number(0...3)).map { index in
          IssuanceRecord(
            host: host, path: "tls/\(index).crt", certificate: certificate(), issuedAt: moment())
        })
    case 1: return .recorded(host, nil)
    case 2:
      var release = release()
      for issued in state.issued.shuffled(using: &random).prefix(number(0...2)) {
        release.certificates[issued.path] = issued.certificate
      }
      return .recorded(
        host,
        HostRecord(
          address: "198.18.0.9", roles: ["back-end"], release: release, appliedAt: moment(),
          appliedBy: "ann@laptop"))
    case 3: return .expected(host, digest: "a\(number(0...3))", serial: number(0...99))
    default: return .settled(host, digest: [nil, "a\(number(0...3))"][number(0...1)])
    }
  }
}
