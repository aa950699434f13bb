import Diagnostics
import Execution
import Fleet
import FleetFolders
import FleetLiterals
import Inventories
import Planning
import State
import Synchronization
import TestSupport
import Testing

@testable import Certificates
@testable import Verification

@Suite("The checks of a fleet")
struct FleetFindingsTests {
  private static func inventory(frontEnds: Int, backEnds: Int, _ more: String = "") throws
    -> Inventory
  {
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: X}}
          front_ends:
          \((1...frontEnds).map { "  edge-\($0): {address: 198.18.0.\($0)}" }.joined(separator: "\n"))
          back_ends:
          \((1...backEnds).map { "  app-\($0): {address: 198.18.1.\($0)}" }.joined(separator: "\n"))
          sites:
            shop.example:
              front_ends: all
              back_ends: all
              certificate: {ca: true}
              back_end: {root: /srv/shop}
          firewall: {policy: drop}
          \(more)
          """))
    return try #require(inventory, "\(found)")
  }

  private static let ca = Result {
    try CertificateAuthority.unlock(
      CertificateAuthority.create(
        CARequest(commonName: "Shop CA", key: .ecdsaP256, validFor: 900 * SampleCA.day),
        passphrase: SampleCA.passphrase, now: SampleCA.now), passphrase: SampleCA.passphrase)
  }

  private func findings(
    of inventory: Inventory, from fleet: FakeFleet, _ limits: CheckLimits = CheckLimits(hosts: 64),
    report: @escaping @Sendable (ProgressEvent) -> Void = { _ in }
  ) async throws -> FleetFindings {
    let ca = try Self.ca.get()
    let probe = try FleetProbe(
      connector: fleet,
      connections: Dictionary(uniqueKeysWithValues: inventory.hosts.map { ($0.name, $0.access) }),
      state: FleetState(fleet: "shop", lineage: "a1"),
      trusted: CertificateBundle(pem: ca.certificatePEM()), ca: ca,
      now: { Timestamp(secondsSince1970: SampleCA.now) })
    return await FleetFindings(
      of: FleetChecks(of: inventory, .all), probe, limits, report: report)
  }

  @Test("as many edges are tried at the same time as the limits allow, and not more")
  func concurrency() async throws {
    let inventory = try Self.inventory(frontEnds: 4, backEnds: 9)
    let fleet = FakeFleet(holds: true) { _ in .refuses }
    var limits = CheckLimits(hosts: 3)
    limits.probesPerHost = 5
    let run = Task { [limits] in try await findings(of: inventory, from: fleet, limits) }
    try await eventually("three hosts try five edges each") { fleet.waiting.count == 15 }
    #expect(fleet.logins.count == 3)
    let releasing = Task {
      while !Task.isCancelled {
        fleet.release()
        await Task.yield()
      }
    }
    let found = try await run.value
    releasing.cancel()
    #expect(found.edges.count == 36 && found.edges.allSatisfy { $0.problems.count == 1 })
    #expect(found.coverage.edges == .init(tried: 36, all: 36))
    #expect(fleet.mostAtOnce.values.allSatisfy { $0 <= 5 })
    #expect(fleet.logins.values.allSatisfy { $0 >= 1 } && fleet.logins.count == 13)
  }

  @Test("hosts behind one jump host share its limit")
  func bastion() async throws {
    let inventory = try Self.inventory(
      frontEnds: 6, backEnds: 2, "ssh: {jump: [jump.example]}")
    let fleet = FakeFleet(holds: true) { _ in .refuses }
    var limits = CheckLimits(hosts: 64)
    limits.hostsPerBastion = 2
    limits.probesPerHost = 1
    let run = Task { [limits] in try await findings(of: inventory, from: fleet, limits) }
    try await eventually("two hosts try an edge each") { fleet.waiting.count == 2 }
    #expect(fleet.logins.count == 2)
    let releasing = Task {
      while !Task.isCancelled {
        fleet.release()
        await Task.yield()
      }
    }
    _ = try await run.value
    releasing.cancel()
    #expect(fleet.logins.count == 8)
  }

  @Test(
    "a connection that must be refused may be silent for two seconds, if the host itself answers")
  func silence() async throws {
    let inventory = try Self.inventory(frontEnds: 1, backEnds: 3)
    let fleet = FakeFleet(stuck: ["app-2"]) { attempt in
      switch attempt.host {
      case "app-1", "app-2": .isSilent
      case "app-3": attempt.address == "198.18.1.1" ? .accepts : .refuses
      default: .refuses
      }
    }
    let found = try await findings(of: inventory, from: fleet)
    let limits = Dictionary(grouping: fleet.attempts, by: \.host).mapValues { Set($0.map(\.limit)) }
    #expect(limits["app-1"] == [.seconds(2)] && limits["edge-1"] == [.seconds(5)])
    #expect(Set(fleet.pings) == ["app-1", "app-2"])
    for connection in found.forbiddenConnections {
      switch (connection.host, connection.backEnd) {
      case ("app-2", _):
        #expect(!connection.isTried)
        #expect(connection.problem?.contains("app-2 is too slow to say") == true)
      case ("app-3", "app-1"):
        #expect(connection.isTried)
        #expect(connection.problem?.contains("the firewall accepts the connection") == true)
      default: #expect(connection.isTried && connection.problem == nil, "\(connection)")
      }
    }
    #expect(found.forbiddenConnections.count == 6)
    #expect(found.coverage.forbiddenConnections == .init(tried: 4, all: 6))
  }

  @Test("a host that cannot be logged in to is tried once, and its checks count as not tried")
  func unreachable() async throws {
    let inventory = try Self.inventory(frontEnds: 2, backEnds: 5)
    let fleet = FakeFleet(unreachable: ["edge-1", "app-4"]) { _ in .refuses }
    let events = Mutex<[CheckProgress]>([])
    let found = try await findings(of: inventory, from: fleet) { event in
      if case .checked(let progress) = event { events.withLock { $0.append(progress) } }
    }
    #expect(fleet.logins["edge-1"] == 1 && fleet.logins["app-4"] == 1)
    for edge in found.edges {
      #expect(edge.isTried == (edge.frontEnd != "edge-1"))
      #expect(
        edge.problems == [
          "\(edge.frontEnd): testing: \(edge.isTried ? "streamRefused" : "timedOut")"
        ])
    }
    #expect(found.publicEndpoints.map(\.isTried) == [false, true])
    #expect(
      found.forbiddenConnections.allSatisfy { ($0.problem == nil) == ($0.host != "app-4") })
    #expect(found.coverage.edges == .init(tried: 5, all: 10) && !found.isSound)
    let seen = events.withLock(\.self)
    let last = try #require(seen.last)
    #expect(last.edges.done == 10 && last.edges.all == 10)
    #expect(last.others.done == last.others.all)
    #expect(seen.first?.edges.done == 0)
  }
}

@Suite("The TLS clients of probes")
struct ProbeClientsTests {
  @Test("a certificate is made once for all probes that present it, and again before it expires")
  func reuse() async throws {
    let ca = try CertificateAuthority.unlock(
      CertificateAuthority.create(
        CARequest(commonName: "Shop CA", key: .ecdsaP256, validFor: 900 * SampleCA.day),
        passphrase: SampleCA.passphrase, now: SampleCA.now), passphrase: SampleCA.passphrase)
    let time = Mutex(SampleCA.now)
    let clients = try ProbeClients(ca) {
      Timestamp(secondsSince1970: time.withLock(\.self))
    }
    let first = try await clients.client(.certificate(of: "edge-1"))
    #expect(try await clients.client(.certificate(of: "edge-1")) === first)
    #expect(try await clients.client(.certificate(of: "edge-2")) !== first)
    #expect(try await clients.client(.foreignCertificate(of: "edge-1")) !== first)
    time.withLock { $0 += 299 }
    #expect(try await clients.client(.certificate(of: "edge-1")) === first)
    time.withLock { $0 += 1 }
    #expect(try await clients.client(.certificate(of: "edge-1")) !== first)
  }
}
