import Fleet
import FleetLiterals
import Inventories
import State
import Testing

@testable import Planning

@Suite("The foreign certificates and ranges of a site")
struct SiteMaterialsTests {
  private static let text = """
    fleet: shop
    ca: {name: Shop CA}
    front_ends:
      edge-1: {address: 203.0.113.10}
    back_ends:
      app-1: {address: 198.51.100.21}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {files: {certificate: shop.crt, key: shop.key}}
        cdn: cloudflare
        stapling: {chain: chain.pem, resolver: [192.0.2.53]}
        back_end: {root: /srv/shop}
    """

  private func plan(
    _ text: String = Self.text, namesResponder: Bool = true, now: Timestamp = Scenario.start
  ) throws -> Plan {
    let (inventory, diagnostics) = Scenario.inventory(text)
    let known = try #require(inventory, "\(diagnostics)")
    var scenario = Scenario()
    scenario.now = now
    scenario.materials.siteCertificates[known.sites[0].domain] = .init(
      certificate: "PEM\n", keyDigest: "ab", notAfter: now.adding(seconds: 90 * 86_400),
      namesResponder: namesResponder)
    for (path, pem) in [("chain.pem", "CHAIN\n"), ("pulls.pem", "PULLS\n")] {
      scenario.materials.issuers[try #require(LocalPath(path))] = pem
    }
    scenario.askHosts(of: known)
    return scenario.plan(known)
  }

  private func files(_ plan: Plan) throws -> [String: String] {
    let step = try #require(plan.steps.first { $0.host == "edge-1" })
    return Dictionary(
      uniqueKeysWithValues: step.files.compactMap { file in
        if case .text(let text) = file.source { (file.path, text) } else { nil }
      })
  }

  @Test("The stapling chain is installed if the certificate names an OCSP responder")
  func installed() throws {
    let plan = try plan()
    let files = try files(plan)
    #expect(files["tls/stapling/shop.example.crt"] == "CHAIN\n")
    #expect(files["nginx/front-end/shop.example.conf"]?.contains("ssl_stapling") == true)
    #expect(plan.warnings == [])
    let backEnd = try #require(plan.steps.first { $0.host == "app-1" })
    #expect(!backEnd.files.contains { $0.path.contains("stapling") })
  }

  @Test("Stapling is left out with a warning if the certificate names no responder")
  func withoutResponder() throws {
    let plan = try plan(namesResponder: false)
    let files = try files(plan)
    #expect(files["tls/stapling/shop.example.crt"] == nil)
    #expect(files["nginx/front-end/shop.example.conf"]?.contains("ssl_stapling") == false)
    #expect(
      plan.warnings == [
        "the certificate of shop.example names no OCSP responder, so nothing is stapled: remove"
          + " \"stapling\" from the site"
      ])
  }

  @Test(
    "The CA of origin pulls is separate from the fleet's own, and not combined with the issuers")
  func originPulls() throws {
    let text = Self.text.replacing("cdn: cloudflare", with: "origin_pulls: pulls.pem")
    let plan = try plan(text)
    let files = try files(plan)
    #expect(files["tls/origin-pulls/shop.example.crt"] == "PULLS\n")
    #expect(files["tls/stapling/shop.example.crt"] == nil)
    #expect(
      plan.steps.allSatisfy { step in
        !step.files.contains {
          $0.path == "tls/ca.crt" && $0.source == .text("PULLS\n")
        }
      })
  }

  @Test("Old address ranges cause a warning")
  func oldRanges() throws {
    let published = try #require(Timestamp("\(KnownNetwork.cloudflare.shipped.date)T00:00:00Z"))
    let plan = try plan(now: published.adding(seconds: 181 * 86_400))
    #expect(
      plan.warnings.filter { $0.contains("cloudflare") } == [
        "the address ranges of cloudflare are 181 days old"
          + " (\(KnownNetwork.cloudflare.shipped.date)):"
          + " update them with \"deploy cdn update\""
      ])
    #expect(
      try self.plan(now: published.adding(seconds: 180 * 86_400)).warnings
        .filter { $0.contains("cloudflare") } == [])
  }
}
