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
  /// How long a connection that must be refused may be silent until it counts as blocked. The kernel sends its
  /// first packet again after one second, so a single lost packet does not hide an open port.
  private static let silence = Duration.seconds(2)

  private let connector: any GatewayConnector
  private let connections: [HostName: HostAccess]
  private let gateways: ProbeGateways
  private let clients: ProbeClients
  private let state: FleetState
  private let trusted: CertificateBundle
  private let siteCertificates: [DomainName: CertificateFacts]
  private let roots: KnownRoots?
  /// When the probe was made: what servers present must be valid then.
  private let start: Timestamp

  /// - Parameters:
  ///   - connections: how each host is reached, by name.
  ///   - ca: issues the client certificates of the probe.
  ///   - siteCertificates: the first certificate of each site's certificate file, by domain.
  ///   - roots: the CAs that visitors are assumed to know; nil if the controller has none.
  package init(
    connector: any GatewayConnector, connections: [HostName: HostAccess], state: FleetState,
    trusted: CertificateBundle, ca: CertificateAuthority,
    siteCertificates: [DomainName: CertificateFacts] = [:], roots: KnownRoots? = nil,
    now: @escaping @Sendable () -> Timestamp
  ) throws {
    self.connector = connector
    self.connections = connections
    gateways = ProbeGateways(connector, connections)
    clients = try ProbeClients(ca, now: now)
    self.state = state
    self.trusted = trusted
    self.siteCertificates = siteCertificates
    self.roots = roots
    start = now()
  }

  /// Logs in to a host from which connections are tried; throws an ``UnreachableHost``.
  func logIn(to host: HostName) async throws(UnreachableHost) {
    _ = try await gateways.gateway(through: host)
  }

  /// Closes the connection to a host from which nothing is left to try.
  func logOut(of host: HostName) async { await gateways.release(host) }

  /// The first host on the way to a host, if there is one.
  func bastion(of host: HostName) -> String? { connections[host]?.bastion }

  // MARK: - Edges

  /// Tests an edge with accepted and with refused clients.
  func finding(of edge: Edge) async -> EdgeFinding {
    var finding = EdgeFinding(edge)
    do {
      let own = ProbeClients.Presented.certificate(of: edge.frontEnd)
      let accepted = try await probe(edge, presenting: own, trusted: trusted)
      finding.note(accepted, recorded: state.certificate(ofBackEnd: edge.backEnd))
      if let session = accepted.session {
        let again = try await probe(edge, presenting: own, session)
        finding.isResumed = again.isResumed
        if again.isResumed, again.isClientAccepted {
          finding.problems.append(
            "the server resumes TLS sessions, which bypasses the client certificate and CRL checks")
        }
      }
      finding.noteRefusal(
        \.withoutCertificate, of: try await probe(edge, presenting: .nothing),
        "without a certificate")
      finding.noteRefusal(
        \.foreignCertificate,
        of: try await probe(edge, presenting: .foreignCertificate(of: edge.frontEnd)),
        "with a foreign certificate")
      finding.noteRefusal(
        \.otherFrontEnd, of: try await probe(edge, presenting: .certificateOfOtherFrontEnd),
        "with the certificate of a front-end that the site does not have")
    } catch {
      finding.isTried = !Self.isUnreachableHost(error)
      finding.isConnected = !Self.has(error, .streamRefused, .timedOut)
      finding.problems.append("\(error)")
    }
    return finding
  }

  private func probe(
    _ edge: Edge, presenting presented: ProbeClients.Presented, _ session: TLSSession? = nil,
    trusted: CertificateBundle? = nil
  ) async throws -> ProbeReport {
    let stream = try await open(edge.address, edge.port, from: edge.frontEnd)
    return try await EdgeProbe(
      serverName: edge.site.text, trusted: trusted, client: try await clients.client(presented),
      session: session
    ).run(over: ChannelStream(stream: stream), at: start.secondsSince1970)
  }

  // MARK: - Hosts that must not reach a back-end

  func finding(of connection: FleetChecks.ForbiddenConnection) async -> ForbiddenConnectionFinding {
    var finding = ForbiddenConnectionFinding(connection)
    do {
      if try await isAccepted(connection) {
        finding.problem =
          "\(connection.host) is not one of its front-ends, but the firewall accepts the connection"
      }
    } catch {
      finding.isTried = false
      finding.problem = "\(error)"
    }
    return finding
  }

  private func isAccepted(_ connection: FleetChecks.ForbiddenConnection) async throws -> Bool {
    let gateway = try await gateways.gateway(through: connection.host)
    do {
      let stream = try await gateway.open(
        to: connection.address, port: connection.port, within: Self.silence)
      await stream.close()
      return true
    } catch  where Self.has(error, .streamRefused) {
      return false
    } catch  where Self.has(error, .timedOut) {
      // A firewall that drops packets is silent, but so is a host that has not tried to connect yet.
      guard try await gateway.answers(within: Self.silence) else {
        throw SlowHost(host: connection.host)
      }
      return false
    }
  }

  /// A host that is too busy to try a connection.
  private struct SlowHost: Error, CustomStringConvertible {
    let host: HostName

    var description: String {
      "\(host) is too slow to say whether the firewall refuses the connection: run \"deploy verify\" again when"
        + " the host is less busy, or with a smaller --parallel"
    }
  }

  // MARK: - Public endpoints

  func finding(of endpoint: FleetChecks.PublicEndpoint) async -> PublicEndpointFinding {
    var finding = PublicEndpointFinding(endpoint)
    do {
      let stream = try await open(endpoint.address, endpoint.port, from: endpoint.frontEnd)
      let report = try await EdgeProbe(
        serverName: endpoint.site.text, trusted: trusted,
        client: try await clients.client(.nothing)
      ).run(over: ChannelStream(stream: stream), at: start.secondsSince1970)
      finding.note(report, expected(endpoint), knowing: roots, at: start)
    } catch {
      finding.isTried = !Self.isUnreachableHost(error)
      finding.problems.append("\(error)")
    }
    return finding
  }

  private func expected(_ endpoint: FleetChecks.PublicEndpoint) -> PublicEndpointFinding.Expected {
    switch endpoint.certificate {
    case .ca:
      .recorded(state.certificate(ofSite: endpoint.site, on: endpoint.frontEnd))
    case .files, .acme, .command: siteCertificates[endpoint.site].map { .file($0) } ?? .any
    case .installed: .any
    }
  }

  private func open(
    _ address: IPAddress, _ port: Port, from host: HostName
  ) async throws -> any ProbeStream {
    try await gateways.gateway(through: host).open(to: address, port: port, within: Self.patience)
  }

  /// Whether an error means that the host, from which a connection is tried, is unreachable.
  private static func isUnreachableHost(_ error: any Error) -> Bool {
    error is UnreachableHost || has(error, .connectionLost)
  }

  private static func has(_ error: any Error, _ codes: SSHError.Code...) -> Bool {
    (error as? SSHError).map { codes.contains($0.code) } ?? false
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

    private let stream: any ProbeStream
    private let deadline = ContinuousClock.now.advanced(by: FleetProbe.patience * 4)
    private var received = 0

    init(stream: any ProbeStream) { self.stream = stream }

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
