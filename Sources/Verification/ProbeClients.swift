import Certificates
import Fleet
import State

/// The TLS clients of probes, each with its certificate, made once and used by all probes that present the same.
actor ProbeClients {
  /// What a probe presents to the server.
  enum Presented: Hashable, Sendable {
    case nothing
    /// A certificate of the CA for a front-end.
    case certificate(of: HostName)
    /// A certificate for a front-end by a CA that no host trusts.
    case foreignCertificate(of: HostName)
    /// A certificate of the CA for a front-end that no site has.
    case certificateOfOtherFrontEnd
  }

  /// A name that no host can have (RFC 2606).
  private static let otherFrontEnd = "other-front-end.invalid"
  /// The seconds for which certificates are valid: a probe takes at most some of the second half.
  private static let lifetime: Int64 = 600

  private let ca: CertificateAuthority
  private let foreign: CertificateAuthority
  private let now: @Sendable () -> Timestamp
  private var made: [Presented: (client: TLSClient, until: Int64)] = [:]

  init(_ ca: CertificateAuthority, now: @escaping @Sendable () -> Timestamp) throws {
    self.ca = ca
    foreign = try .foreign(now: now().secondsSince1970)
    self.now = now
  }

  func client(_ presented: Presented) throws -> TLSClient {
    let now = now().secondsSince1970
    if let made = made[presented], now < made.until { return made.client }
    let client = try TLSClient.presenting(identity(presented, at: now))
    made[presented] = (client, now + Self.lifetime / 2)
    return client
  }

  private func identity(_ presented: Presented, at now: Int64) throws -> ClientIdentity? {
    switch presented {
    case .nothing: nil
    case .certificate(let host): try identity(host.text, of: ca, at: now)
    case .foreignCertificate(let host): try identity(host.text, of: foreign, at: now)
    case .certificateOfOtherFrontEnd: try identity(Self.otherFrontEnd, of: ca, at: now)
    }
  }

  /// A new certificate with its key.
  private func identity(
    _ name: String, of issuer: CertificateAuthority, at now: Int64
  ) throws -> ClientIdentity {
    try ClientIdentity(
      issuer.issue(
        LeafRequest(
          role: .client, commonName: name, dnsNames: [name], key: .ecdsaP256,
          validFor: Self.lifetime), now: now))
  }
}
