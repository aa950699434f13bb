package import Certificates
import Execution
package import Fleet
import Inventories
import Planning
import SSH
package import State

/// Tests a fleet's edges from the hosts: the TLS connections are forwarded through SSH, so that back-ends see the
/// front-end's address, and hosts need no further program.
package struct FleetProbe: Sendable {
  typealias Edge = FleetChecks.Edge

  /// The time limit for connecting, and for each answer of a server.
  private static let patience = Duration.seconds(5)

  let connector: any GatewayConnector
  let connections: [HostName: HostAccess]
  let state: FleetState
  let trusted: CertificateBundle
  let ca: CertificateAuthority
  /// A CA that no host trusts.
  let foreign: CertificateAuthority
  let siteCertificates: [DomainName: CertificateFacts]
  let now: Timestamp

  /// - Parameters:
  ///   - connections: how each host is reached, by name.
  ///   - ca: issues the client certificates of the probe.
  ///   - siteCertificates: the first certificate of each site's certificate file, by domain.
  package init(
    connector: any GatewayConnector, connections: [HostName: HostAccess], state: FleetState,
    trusted: CertificateBundle, ca: CertificateAuthority,
    siteCertificates: [DomainName: CertificateFacts] = [:], now: Timestamp
  ) throws {
    self.connector = connector
    self.connections = connections
    self.state = state
    self.trusted = trusted
    self.ca = ca
    foreign = try .foreign(now: now.secondsSince1970)
    self.siteCertificates = siteCertificates
    self.now = now
  }

  // MARK: - Edges

  /// Tests an edge with accepted and with refused clients.
  func finding(of edge: Edge) async -> EdgeFinding {
    var finding = EdgeFinding(edge)
    do {
      let accepted = try await probe(edge, as: identity(edge, of: ca))
      finding.note(accepted, recorded: state.certificate(ofBackEnd: edge.backEnd))
      if let session = accepted.session {
        let again = try await probe(edge, as: identity(edge, of: ca), session)
        finding.isResumed = again.isResumed
        if again.isResumed, again.isClientAccepted {
          finding.problems.append(
            "the server resumes TLS sessions, which bypasses the client certificate and CRL checks")
        }
      }
      finding.noteRefusal(
        \.withoutCertificate, of: try await probe(edge, as: nil), "without a certificate")
      finding.noteRefusal(
        \.foreignCertificate, of: try await probe(edge, as: identity(edge, of: foreign)),
        "with a foreign certificate")
      finding.noteRefusal(
        \.otherFrontEnd,
        of: try await probe(edge, as: identity(edge, of: ca, named: Self.otherFrontEnd)),
        "with the certificate of a front-end that the site does not have")
    } catch {
      finding.isTried = !Self.isUnreachableHost(error)
      finding.isConnected = !Self.isRefusedConnection(error)
      finding.problems.append("\(error)")
    }
    return finding
  }

  /// A name that no host can have (RFC 2606).
  private static let otherFrontEnd = "other-front-end.invalid"

  /// A new client certificate with its key.
  ///
  /// - Parameter name: the common name; nil for that of the edge's front-end.
  private func identity(
    _ edge: Edge, of issuer: CertificateAuthority, named name: String? = nil
  ) throws -> ClientIdentity {
    let lifetime: Int64 = 600
    let name = name ?? edge.frontEnd.text
    return try ClientIdentity(
      issuer.issue(
        LeafRequest(
          role: .client, commonName: name, dnsNames: [name], key: .ecdsaP256,
          validFor: lifetime), now: now.secondsSince1970))
  }

  private func probe(
    _ edge: Edge, as identity: ClientIdentity?, _ session: TLSSession? = nil
  ) async throws -> ProbeReport {
    let stream = try await open(edge.address, edge.port, from: edge.frontEnd)
    return try await EdgeProbe(
      serverName: edge.site.text, trusted: trusted, identity: identity, session: session
    ).run(over: ChannelStream(stream: stream), at: now.secondsSince1970)
  }

  // MARK: - Hosts that must not reach a back-end

  func finding(of connection: FleetChecks.ForbiddenConnection) async -> ForbiddenConnectionFinding {
    var finding = ForbiddenConnectionFinding(connection)
    do {
      let stream = try await open(connection.address, connection.port, from: connection.host)
      await stream.close()
      finding.problem =
        "\(connection.host) is not one of its front-ends, but the firewall accepts the connection"
    } catch  where Self.isRefusedConnection(error) {
      // The connection was refused, as required.
    } catch {
      finding.problem = "\(error)"
    }
    return finding
  }

  // MARK: - Public endpoints

  func finding(of endpoint: FleetChecks.PublicEndpoint) async -> PublicEndpointFinding {
    var finding = PublicEndpointFinding(endpoint)
    do {
      let stream = try await open(endpoint.address, endpoint.port, from: endpoint.frontEnd)
      let report = try await EdgeProbe(
        serverName: endpoint.site.text, trusted: trusted, identity: nil
      ).run(over: ChannelStream(stream: stream), at: now.secondsSince1970)
      try finding.note(report, expected(endpoint), at: now)
    } catch {
      finding.problems.append("\(error)")
    }
    return finding
  }

  private func expected(_ endpoint: FleetChecks.PublicEndpoint) -> PublicEndpointFinding.Expected {
    switch endpoint.certificate {
    case .ca:
      .recorded(state.certificate(ofSite: endpoint.site, on: endpoint.frontEnd))
    case .files: siteCertificates[endpoint.site].map { .file($0) } ?? .any
    case .installed: .any
    }
  }

  private func open(
    _ address: IPAddress, _ port: Port, from host: HostName
  ) async throws -> SSH.ByteStream {
    guard let connection = connections[host] else {
      preconditionFailure("\(host) is not a host of the inventory. This is a bug in deploy.")
    }
    let gateway = try await connector.gateway(through: host, connection)
    return try await gateway.open(to: address.description, port: port.number, within: Self.patience)
  }

  /// Whether an error means that the front-end, from which an edge is tested, is unreachable.
  private static func isUnreachableHost(_ error: any Error) -> Bool {
    let codes: [SSHError.Code] = [.refused, .unreachable, .handshakeFailed, .connectionLost]
    return (error as? SSHError).map { codes.contains($0.code) } ?? false
  }

  private static func isRefusedConnection(_ error: any Error) -> Bool {
    (error as? SSHError).map { [.streamRefused, .timedOut].contains($0.code) } ?? false
  }

  /// Whether a host accepts an SSH login.
  func canBeReached(_ host: HostName) async -> Bool {
    guard let connection = connections[host] else { return false }
    do {
      await (try connector.connect(to: host, connection)).close()
      return true
    } catch {
      return false
    }
  }

  /// A stream with limits of time and bytes, because the other end is not trusted.
  private actor ChannelStream: Certificates.ByteStream {
    private struct TooMuch: Error, CustomStringConvertible {
      let description = "the server sent more data than a handshake and an answer need"
    }

    private static let limit = 1 << 20

    private let stream: SSH.ByteStream
    private let deadline = ContinuousClock.now.advanced(by: FleetProbe.patience * 4)
    private var received = 0

    init(stream: SSH.ByteStream) { self.stream = stream }

    private var left: Duration {
      min(FleetProbe.patience, ContinuousClock.now.duration(to: deadline))
    }

    func read() async throws -> [UInt8]? {
      let bytes = try await stream.read(within: left)
      received += bytes?.count ?? 0
      guard received <= Self.limit else { throw TooMuch() }
      return bytes
    }

    func write(_ bytes: [UInt8]) async throws { try await stream.write(bytes, within: left) }
  }
}
