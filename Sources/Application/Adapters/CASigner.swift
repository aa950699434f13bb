import CAStore
import Certificates
import Execution
import Fleet
import Planning
import State

/// Issues certificates with the signing CA generation. Its key is unlocked once per run, when it is
/// first needed.
actor CASigner: CertificateIssuer {
  private let keyring: CAKeyring
  private let signing: CAGeneration?
  private let trusted: CertificateBundle?

  init(_ keyring: CAKeyring, _ caGenerations: [CAGeneration]) throws {
    self.keyring = keyring
    signing = caGenerations.signing
    trusted =
      caGenerations.isEmpty
      ? nil : try CertificateBundle(pem: caGenerations.map(\.certificate).joined())
  }

  /// Unlocks the key, so that a wrong passphrase is found before any host is changed.
  func unlock() async throws {
    guard let signing else { return }
    _ = try await keyring.ca(signing)
  }

  func issue(_ certificate: PlannedCertificate) async throws -> IssuedCertificate {
    guard let signing, let trusted, let key = KeyAlgorithm(rawValue: certificate.key) else {
      preconditionFailure(
        "A certificate was planned without a CA. This is a bug in deploy.")
    }
    let ca = try await keyring.ca(signing)
    do {
      let leaf = try Self.issue(certificate, key, ca, trusted)
      return IssuedCertificate(
        certificate: leaf.certificatePEM,
        key: leaf.privateKeyPEM.withUnsafeBytes { SecretContent(Array($0)) },
        record: CertificateRecord(leaf.facts, key: certificate.key))
    } catch {
      throw HostFault("could not issue \(certificate.path): \(error)")
    }
  }

  /// Signs a certificate with a new key, and verifies it as a peer would, for each of its names.
  ///
  /// - Parameter trusted: the CA bundle of hosts.
  private static func issue(
    _ certificate: PlannedCertificate, _ key: KeyAlgorithm, _ ca: CertificateAuthority,
    _ trusted: CertificateBundle
  ) throws -> IssuedLeaf {
    let now = Timestamp.current.secondsSince1970
    let role: CertificateRole = certificate.purpose == .server ? .server : .client
    let leaf = try ca.issue(
      LeafRequest(
        role: role, commonName: certificate.commonName, dnsNames: certificate.names, key: key,
        validFor: certificate.validFor),
      now: now)
    for name in certificate.names {
      // `nginx -t` accepts any certificate, so errors that a peer would report are found here.
      try trusted.verify(leafPEM: leaf.certificatePEM, as: role, name: name, at: now)
    }
    return leaf
  }
}

extension CertificateRecord {
  /// What the state records of a certificate that was just issued.
  init(_ facts: CertificateFacts, key: String) {
    self.init(
      serial: facts.serial, issuer: facts.issuerCommonName,
      issuerKeyIdentifier: facts.authorityKeyIdentifier ?? "", commonName: facts.commonName,
      names: facts.dnsNames.sorted(), key: key,
      notBefore: Timestamp(secondsSince1970: facts.notBefore),
      notAfter: Timestamp(secondsSince1970: facts.notAfter))
  }
}
