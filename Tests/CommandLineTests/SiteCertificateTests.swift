import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import Certificates

@Suite("The certificate files that a site names", .serialized)
struct SiteCertificateTests {
  private let home: Home
  private let root: String
  private let chain: String
  private let key: String

  init() throws {
    home = try Home()
    home.inventory = home.inventory.replacing(
      "{ca: true}", with: "{files: {certificate: shop.crt, key: shop.key}}")
    let now = Int64(Date().timeIntervalSince1970)
    let files = try CertificateAuthority.create(
      CARequest(commonName: "Example CA", key: .ecdsaP256, validFor: 900 * SampleCA.day),
      passphrase: SampleCA.passphrase, now: now)
    let leaf = try CertificateAuthority.unlock(files, passphrase: SampleCA.passphrase).issue(
      LeafRequest(
        role: .server, commonName: "shop.example", dnsNames: ["shop.example"], key: .ecdsaP256,
        validFor: 30 * SampleCA.day), now: now)
    root = files.certificatePEM
    chain = leaf.certificatePEM + root
    key = leaf.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private func check(certificate: String? = nil, key: String? = nil) throws -> ProgramRun {
    if let certificate { try home.write(certificate, to: "shop.crt") }
    try home.write(key ?? self.key, to: "shop.key")
    return try home.deploy("check")
  }

  @Test(
    "check and plan warn of a chain that visitors cannot verify, unless they trust a private CA")
  func trust() throws {
    func warning(_ text: String) -> String {
      "warning: \(home.path)/shop.yml:12:40: \(home.path)/shop.crt: \(text)"
    }
    let leaf = String(chain.dropLast(root.count))
    let missing = warning("the certificate of its issuer \"Example CA\" is missing: ")
    let alone = try check(certificate: leaf)
    #expect(alone.status == 0 && alone.output.contains(missing), "\(alone.output)")
    try #require(home.deploy("ca", "create").status == 0)
    let plan = try home.deploy("plan", "--offline")
    #expect(plan.status == 0 && plan.output.contains(missing), "\(plan.output)")
    let whole = try check(certificate: chain)
    let unknown = warning(
      "the chain ends at the root \"Example CA\", which the controller does not trust")
    #expect(whole.status == 0 && whole.output.contains(unknown), "\(whole.output)")
    let inventory = home.inventory
    for change in ["cdn: cloudflare", "private: true"] {
      home.inventory =
        change.hasPrefix("cdn")
        ? inventory + "\n    \(change)"
        : inventory.replacing("shop.key}}", with: "shop.key}, \(change)}")
      for text in [leaf, chain] {
        let run = try check(certificate: text)
        #expect(run.status == 0 && !run.output.contains("warning"), "\(run.output)")
      }
    }
  }

  @Test("check reads no key, and no key reaches a plan from a file that holds certificates as well")
  func keyInCertificateFile() throws {
    let run = try check(certificate: key + chain, key: "not a key")
    #expect(run.status == 0 && !run.output.contains("PRIVATE"), "\(run.output)")
    try #require(home.deploy("ca", "create").status == 0)
    for words in [["--diff", "edge-1"], ["--format", "json"]] {
      let plan = try home.deploy(["plan", "--offline"] + words)
      #expect(plan.status == 0 && !plan.output.contains("PRIVATE"), "\(plan.output)")
      #expect(plan.output.contains("tls/sites/shop.example.key"))
    }
  }

  @Test("Windows line endings are accepted in certificates, keys and snippets")
  func carriageReturns() throws {
    home.inventory += "\n    snippets: {front_end: extra.conf}"
    try home.write("add_header X-A b;\r\nadd_header X-B c;\r\n", to: "extra.conf")
    let windows = { (text: String) in text.replacing("\n", with: "\r\n") }
    let run = try check(certificate: windows(chain), key: windows(key))
    #expect(run.status == 0, "\(run.output)")
    try #require(home.deploy("ca", "create").status == 0)
    let plan = try home.deploy("plan", "--offline", "--diff", "edge-1")
    #expect(plan.status == 0, "\(plan.output)")
    #expect(plan.output.contains("add_header X-B c;") && !plan.output.contains("\r"))
  }
}
