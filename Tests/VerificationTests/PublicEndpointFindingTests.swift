import Diagnostics
import Fleet
import FleetFolders
import Foundation
import Inventories
import Planning
import State
import Testing

@testable import Certificates
@testable import Verification

private let (passphrase, now, day) = (SampleCA.passphrase, SampleCA.now, SampleCA.day)

@Suite("What a request through a front-end says")
struct PublicEndpointFindingTests {
  private let ca: CertificateAuthority

  init() throws {
    ca = try CertificateAuthority.unlock(
      CertificateAuthority.create(
        CARequest(commonName: "Public", key: .ecdsaP256, validFor: 900 * day),
        passphrase: passphrase, now: now), passphrase: passphrase)
  }

  private func leaf(_ names: [String] = ["shop.example", "www.shop.example"]) throws -> IssuedLeaf {
    try ca.issue(
      LeafRequest(
        role: .server, commonName: "shop.example", dnsNames: names, key: .ecdsaP256,
        validFor: 30 * day), now: now)
  }

  /// With the CA's own certificate, so that nothing is missing.
  private func chain(_ leaf: IssuedLeaf) throws -> String {
    try leaf.certificatePEM + ca.certificatePEM()
  }

  /// Of another CA, so that visitors do not know the one of this suite.
  private func roots() throws -> KnownRoots {
    let other = try CertificateAuthority.create(
      CARequest(commonName: "Other", key: .ecdsaP256, validFor: 900 * day),
      passphrase: passphrase, now: now)
    return try KnownRoots(CertificateBundle(pem: other.certificatePEM))
  }

  private func endpoint(asks: Bool = false) throws -> FleetChecks.PublicEndpoint {
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: X}}
          front_ends: {edge-1: {address: 198.18.0.10}}
          back_ends: {app-1: {address: 198.18.0.21}}
          sites:
            shop.example:
              aliases: [www.shop.example]
              front_ends: all
              back_ends: all
              certificate: {installed: {certificate: /a.crt, key: /a.key}}
              back_end: {root: /srv/shop}
          """))
    let fleet = try #require(inventory, "\(found)")
    var endpoint = try #require(FleetChecks(of: fleet, .all).publicEndpoints.first)
    endpoint.asksForCertificate = asks
    return endpoint
  }

  private func report(
    _ status: Int, saysRefused: Bool = false, showing pem: String? = nil
  ) throws -> ProbeReport {
    ProbeReport(
      answer: .status(status), saysRefused: saysRefused, tlsVersion: "TLSv1.3",
      chain: try pem.map { try CertificateBundle(pem: $0) }, distrust: nil, acceptedIssuers: [],
      isResumed: false, session: nil)
  }

  private func finding(
    _ report: ProbeReport, _ expected: PublicEndpointFinding.Expected = .any, asks: Bool = false,
    at time: Int64 = now
  ) throws -> PublicEndpointFinding {
    var finding = PublicEndpointFinding(try endpoint(asks: asks))
    finding.note(
      report, expected, knowing: try roots(), at: Timestamp(secondsSince1970: time))
    return finding
  }

  @Test(
    "The finding says whose answer it is: the application's, the front-end's, or a back-end's refusal",
    arguments: [
      (200, false, nil), (404, false, nil), (301, false, nil),
      (500, false, "the edge works, but the application reports an error"),
      (503, false, "the edge works, but the application reports an error"),
      (503, true, "all back-ends refuse the front-end's certificate"),
      (502, false, "cannot reach any back-end"),
      (504, false, "cannot reach any back-end"), (421, false, "does not know the site"),
    ] as [(Int, Bool, String?)])
  func answers(status: Int, saysRefused: Bool, expected: String?) throws {
    let problems = try finding(report(status, saysRefused: saysRefused)).problems
    #expect(problems.count == (expected == nil ? 0 : 1))
    if let expected { #expect(problems.first?.contains(expected) == true, "\(problems)") }
  }

  @Test("a site for its content network alone must refuse other visitors")
  func network() throws {
    #expect(try finding(report(400), asks: true).problems == [])
    for status in [200, 502] {
      #expect(
        try finding(report(status), asks: true).problems.first?.contains(
          "who bypasses the CDN is answered with \(status), not refused") == true)
    }
  }

  @Test("The chain is judged as visitors see it: its names, its end, its order")
  func chain() throws {
    let good = try chain(leaf())
    #expect(try finding(report(200, showing: good)).problems == [])
    let other = try chain(leaf(["shop.example"]))
    #expect(
      try finding(report(200, showing: other)).problems.first?
        .contains("the certificate is not for www.shop.example but for shop.example") == true)
    #expect(
      try finding(report(200, showing: good), at: now + 31 * day).problems.first?
        .contains("the certificate expired on") == true)
    let disorder = try finding(
      report(200, showing: good + leaf().certificatePEM)
    ).problems
    #expect(
      disorder.first?.contains("(\"shop.example\") did not issue any certificate before it")
        == true,
      "\(disorder)")
  }

  @Test("a CA that the controller does not know is a remark, not a problem")
  func unknownCA() throws {
    let finding = try finding(report(200, showing: chain(leaf())))
    #expect(finding.problems == [] && finding.remarks.count == 1)
    #expect(
      finding.remarks.first?.contains("ends at the root \"Public\"") == true,
      "\(finding.remarks)")
  }

  @Test("A certificate whose issuer is missing is a problem, but for a network that knows it")
  func missingIssuer() throws {
    let report = try report(200, showing: leaf().certificatePEM)
    let problems = try finding(report).problems
    #expect(
      problems.first?.contains("the certificate of its issuer \"Public\" is missing") == true,
      "\(problems)")
    var endpoint = try endpoint()
    endpoint.isBehindNetwork = true
    var finding = PublicEndpointFinding(endpoint)
    finding.note(report, .any, knowing: try roots(), at: Timestamp(secondsSince1970: now))
    #expect(finding.problems == [] && finding.remarks.count == 1)
  }

  @Test(
    "visitors of a site with private: true trust its CA, whether they get its certificate or not")
  func privatelyTrusted() throws {
    var endpoint = try endpoint()
    endpoint.isPrivatelyTrusted = true
    for pem in [try leaf().certificatePEM, try chain(leaf())] {
      var finding = PublicEndpointFinding(endpoint)
      finding.note(
        try report(200, showing: pem), .any, knowing: try roots(),
        at: Timestamp(secondsSince1970: now))
      #expect(finding.problems == [] && finding.remarks == [])
    }
  }

  @Test("What is served has to be the inventory's file")
  func file() throws {
    let (served, renewed) = (try leaf(), try leaf())
    let expected = PublicEndpointFinding.Expected.file(renewed.facts)
    #expect(try finding(report(200, showing: chain(renewed)), expected).problems == [])
    #expect(
      try finding(report(200, showing: chain(served)), expected).problems.first?
        .contains("run \"deploy apply\" to install it") == true)
  }
}
