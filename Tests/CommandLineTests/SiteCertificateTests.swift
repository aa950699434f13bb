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
    "check and plan warn if the issuer of a certificate is missing, but not if the chain is complete"
  )
  func leafAlone() throws {
    let leaf = String(chain.dropLast(root.count))
    let warning =
      "warning: \(home.path)/shop.crt has the certificate of shop.example but not the"
      + " certificate of its issuer \"Example CA\": many clients cannot verify an incomplete chain. Use the file with the"
      + " whole chain (fullchain.pem of certbot),"
    let alone = try check(certificate: leaf)
    #expect(alone.status == 0 && alone.output.contains(warning), "\(alone.output)")
    try #require(home.deploy("ca", "create").status == 0)
    let plan = try home.deploy("plan", "--offline")
    #expect(plan.status == 0 && plan.output.contains(warning), "\(plan.output)")
    let whole = try check(certificate: chain)
    #expect(whole.status == 0 && !whole.output.contains("warning"), "\(whole.output)")
    try home.write(leaf, to: "shop.crt")
    home.inventory += "\n    cdn: cloudflare"
    let behind = try home.deploy("check")
    #expect(behind.status == 0 && !behind.output.contains("warning"), "\(behind.output)")
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

  @Test("swapped paths of certificate and key are reported as that")
  func swapped() throws {
    let run = try check(certificate: key, key: chain)
    #expect(run.status == 65)
    #expect(
      run.output.contains(
        "\(home.path)/shop.crt is a private key, and \(home.path)/shop.key is a certificate:"
          + " swap the paths"), "\(run.output)")
    let twice = try check(certificate: chain, key: chain)
    #expect(
      twice.status == 65 && twice.output.contains("Name the file of the certificate's key"),
      "\(twice.output)")
  }

  /// A file of another form, made by openssl, and what the message calls it.
  struct Form: CustomTestStringConvertible, Sendable {
    var name: String
    var arguments: [String]
    var isKey = false
    var testDescription: String { name }
  }

  private static let forms = [
    Form(
      name: "a certificate in DER form", arguments: ["x509", "-in", "whole", "-outform", "DER"]),
    Form(
      name: "a private key in DER form", arguments: ["pkey", "-in", "key", "-outform", "DER"],
      isKey: true),
    Form(
      name: "a PKCS#12 file",
      arguments: [
        "pkcs12", "-export", "-in", "whole", "-inkey", "key", "-passout", "pass:",
      ]),
    Form(
      name: "a PKCS#12 file",
      arguments: [
        "pkcs12", "-export", "-in", "whole", "-inkey", "key", "-passout", "pass:",
      ], isKey: true),
    Form(
      name: "a PKCS#7 file in PEM form", arguments: ["crl2pkcs7", "-nocrl", "-certfile", "whole"]),
    Form(
      name: "a PKCS#7 file in DER form",
      arguments: ["crl2pkcs7", "-nocrl", "-certfile", "whole", "-outform", "DER"]),
    Form(
      name: "a certificate with its private key, which plans would show",
      arguments: ["concatenated"]),
  ]

  @Test(
    "another format is named, with a command that converts it", arguments: forms)
  func otherForm(_ form: Form) throws {
    let name = form.isKey ? "shop.key" : "shop.crt"
    try home.write(chain, to: "whole")
    try home.write(key, to: "key")
    try home.write(form.isKey ? chain : key, to: form.isKey ? "shop.crt" : "shop.key")
    if form.arguments == ["concatenated"] {
      try home.write(chain + key, to: name)
    } else {
      let words = form.arguments.map { ["whole", "key"].contains($0) ? "\(home.path)/\($0)" : $0 }
      try expectSuccess(["/usr/bin/openssl"] + words + ["-out", "\(home.path)/\(name)"])
    }
    let run = try home.deploy("check")
    #expect(run.status == 65)
    #expect(run.output.contains("\(home.path)/\(name) is \(form.name), but"), "\(run.output)")
    let line = run.output.split(separator: "\n").first { $0.hasPrefix("    openssl ") }
    var command = try #require(line.map(String.init), "\(run.output)")
    let made = try #require(command.split(separator: "'").last.map(String.init))
    if command.contains("pkcs12") { command += " -passin pass:" }
    try expectSuccess(["/bin/sh", "-c", command])
    home.inventory = home.inventory.replacing(name, with: made)
    let again = try home.deploy("check")
    #expect(again.status == 0, "\(again.output)")
  }

  private func expectSuccess(_ words: [String]) throws {
    try #require(try ProgramRun(words).hasSucceeded, "\(words)")
  }
}
