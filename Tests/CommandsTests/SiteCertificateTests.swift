import Foundation
import Testing

@testable import Certificates
@testable import Commands

@Suite("The certificate files that a site names")
struct SiteCertificateTests {
  private let home: Home
  private let root: String
  private let chain: String
  private let key: String

  init() throws {
    home = try Home()
    home.inventory = home.inventory.replacing(
      "{authority: true}", with: "{files: {certificate: shop.crt, key: shop.key}}")
    let now = Int64(Date().timeIntervalSince1970)
    let files = try CertificateAuthority.create(
      AuthorityRequest(commonName: "Example CA", key: .ecdsaP256, validFor: 900 * day),
      passphrase: passphrase, now: now)
    let leaf = try CertificateAuthority.unlock(files, passphrase: passphrase).issue(
      LeafRequest(
        role: .server, commonName: "shop.example", dnsNames: ["shop.example"], key: .ecdsaP256,
        validFor: 30 * day), now: now)
    root = files.certificatePEM
    chain = leaf.certificatePEM + root
    key = leaf.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private func check(certificate: String? = nil, key: String? = nil) throws -> Home.Run {
    if let certificate { try home.write(certificate, to: "shop.crt") }
    try home.write(key ?? self.key, to: "shop.key")
    return try home.deploy("check")
  }

  @Test("a leaf without its issuer is warned of by check and by plan; a whole chain is not")
  func leafAlone() throws {
    let leaf = String(chain.dropLast(root.count))
    let warning =
      "warning: \(home.path)/shop.crt has the certificate of shop.example without that of its issuer"
      + " \"Example CA\": many clients cannot verify such a chain. Use the file that has the whole"
      + " chain, which certbot calls fullchain.pem,"
    let alone = try check(certificate: leaf)
    #expect(alone.status == 0 && alone.output.contains(warning), "\(alone.output)")
    try #require(home.deploy("authority", "create").status == 0)
    let plan = try home.deploy("plan", "--offline")
    #expect(plan.status == 0 && plan.output.contains(warning), "\(plan.output)")
    let whole = try check(certificate: chain)
    #expect(whole.status == 0 && !whole.output.contains("warning"), "\(whole.output)")
    try home.write(leaf, to: "shop.crt")
    home.inventory += "\n    cdn: cloudflare"
    let behind = try home.deploy("check")
    #expect(behind.status == 0 && !behind.output.contains("warning"), "\(behind.output)")
  }
}
