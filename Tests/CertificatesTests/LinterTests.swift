import Certificates
import Foundation
import TestSupport
import Testing

/// pkilint, where scripts/install-pkilint has put it.
private struct Linter {
  static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
    return cache + "/deploy/pkilint-0.13.3/bin"
  }()

  static let isInstalled = FileManager.default.isExecutableFile(
    atPath: folder + "/lint_pkix_cert")

  /// The findings of the severity WARNING and above; empty if there are none.
  static func findings(_ program: String, _ arguments: [String], in pem: String) throws -> String {
    let folder = try TemporaryFolder("linted")
    let path = try folder.write(pem, to: "linted.pem")
    let run = try ProgramRun(
      ["\(Self.folder)/\(program)", "lint", "-s", "WARNING"] + arguments + [path])
    let text = run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    return run.hasSucceeded || !text.isEmpty ? text : "\(program) ended with \(run.status)"
  }
}

@Suite(
  "Independent linters find nothing wrong with issued certificates",
  .requires(Linter.isInstalled, "scripts/install-pkilint has not been run"))
struct LinterTests {
  @Test("CAs, and those renewed with their key", arguments: KeyAlgorithm.allCases)
  func caGenerations(key: KeyAlgorithm) throws {
    let files = try CertificateAuthority.create(
      CARequest(
        commonName: "Linted Center 2", country: "NL", organization: "Shop, Inc.",
        organizationalUnit: "Web", locality: "Delft", state: "ZH", key: key,
        validFor: 3650 * day),
      passphrase: TestCA.passphrase, now: noon)
    let ca = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase)
    let renewed = try ca.renewed(validFor: 3650 * day, now: noon + day).certificatePEM()
    for pem in [files.certificatePEM, renewed] {
      #expect(try Linter.findings("lint_pkix_cert", [], in: pem) == "")
    }
  }

  @Test("A root, and a CA below it")
  func root() throws {
    let root = try TestRoot()
    let issuing = try root.issuing("Linted 2").certificatePEM()
    let own =
      issuing.split(separator: "-----END CERTIFICATE-----\n")[0]
      + "-----END CERTIFICATE-----\n"
    for pem in [String(own), try root.ca.certificatePEM()] {
      #expect(try Linter.findings("lint_pkix_cert", [], in: pem) == "")
    }
  }

  @Test(
    "Leaves, for each end of a connection",
    arguments: [KeyAlgorithm.ecdsaP256, .ecdsaP384, .rsa3072, .ed25519], CertificateRole.allCases)
  func leaves(key: KeyAlgorithm, role: CertificateRole) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(role, names: ["app-1.shop.example", "shop.example"], key: key)
    #expect(try Linter.findings("lint_pkix_cert", [], in: leaf.certificatePEM) == "")
    let chain = try OpenSSLCommand(
      [
        "verify", "-x509_strict", "-auth_level", "2", "-attime", "\(noon)", "-purpose",
        role == .server ? "sslserver" : "sslclient", "-CAfile", "ca", "leaf",
      ], files: ["ca": scene.files.certificatePEM, "leaf": leaf.certificatePEM])
    #expect(chain.output == "leaf: OK\n")
  }

  @Test("Revocation lists, of nothing and of something")
  func revocationLists() throws {
    let ca = try TestCA.first().ca
    for revoked in [
      [],
      RevocationReason.allCases.map { reason in
        RevokedCertificate(serial: "4f0\(reason.rawValue)", revokedAt: noon, reason: reason)
      },
    ] {
      let list = try ca.revocationList(of: revoked, now: noon)
      let arguments = ["-t", "CRL", "-p", "PKIX"]
      #expect(try Linter.findings("lint_crl", arguments, in: list.pem) == "")
    }
  }

  @Test("The linters find the faults of a certificate with another profile")
  func control() throws {
    let poor = try ForeignCertificate("Poor", extensions: ["basicConstraints=CA:TRUE"])
    #expect(
      try Linter.findings("lint_pkix_cert", [], in: poor.pem)
        .contains("pkix.ca_certificate_no_ku_extension"))
  }
}
