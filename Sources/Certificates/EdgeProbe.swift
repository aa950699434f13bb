/// One look at the server's end of an edge, as a front-end would see it: a TLS handshake and a small
/// request.
///
/// nginx does not end the handshake where it does not accept the client: it answers inside of it.
/// So what came of the client's certificate is in the answer's status.
package struct EdgeProbe: Sendable {
  /// What the server is asked for and has to be: nginx's `proxy_ssl_name`, a site's domain.
  package var serverName: String
  package var trusted: CertificateBundle
  /// Nil to show no certificate.
  package var identity: ClientIdentity?
  /// A session of an earlier probe, for the server to take up if it does that.
  package var session: TLSSession?

  package init(
    serverName: String, trusted: CertificateBundle, identity: ClientIdentity?,
    session: TLSSession? = nil
  ) {
    self.serverName = serverName
    self.trusted = trusted
    self.identity = identity
    self.session = session
  }

  /// Throws what the stream throws; all that the server does is in the report.
  /// - Parameter time: seconds since 1970, at which what is served has to be valid.
  package func run(over stream: some ByteStream, at time: Int64) async throws -> ProbeReport {
    let connection = try TLSConnection.prepare(
      over: stream, serverName: serverName, identity: identity, session: session)
    let answer = try await ask(connection)
    var report = ProbeReport(
      answer: answer, tlsVersion: connection.version,
      acceptedIssuers: connection.acceptedIssuers, isResumed: connection.isResumed,
      session: connection.session)
    let pem = try connection.servedPEM()
    if !pem.isEmpty {
      report.served = try CertificateFacts.readAll(pem: pem, named: "what is served")
      do throws(CertificateError) {
        try trusted.verify(leafPEM: pem, as: .server, name: serverName, at: time)
      } catch {
        report.distrust = error
      }
    }
    return report
  }

  private func ask(_ connection: TLSConnection) async throws -> ProbeReport.Answer {
    do {
      try await connection.handshake()
      // HEAD, because an application behind must not take a probe for more than a look.
      try await connection.write(
        "HEAD / HTTP/1.1\r\nHost: \(serverName)\r\nUser-Agent: deploy\r\n"
          + "Connection: close\r\n\r\n")
      let answer = try await statusLine(connection)
      try await connection.close()
      return answer
    } catch let error as CertificateError where error.code == .handshakeFailed {
      return .refusedHandshake(error)
    }
  }

  private func statusLine(_ connection: TLSConnection) async throws -> ProbeReport.Answer {
    let limit = 4096
    var bytes: [UInt8] = []
    while bytes.count < limit, !bytes.contains(UInt8(ascii: "\n")) {
      let next = try await connection.read()
      if next.isEmpty { break }
      bytes += next
    }
    let line = String(
      decoding: bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") },
      as: UTF8.self)
    let words = line.split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { return .notHTTP }
    return .status(status)
  }
}

/// What a probe has seen.
package struct ProbeReport: Sendable {
  package enum Answer: Sendable {
    /// The status of an HTTP answer.
    case status(Int)
    /// The TLS connection did not come about, or was ended in place of an answer.
    case refusedHandshake(CertificateError)
    case notHTTP
  }

  package var answer: Answer
  /// As OpenSSL writes it: `TLSv1.3`.
  package var tlsVersion: String
  /// The chain, the server's own certificate first; empty where it did not come to that.
  package var served: [CertificateFacts] = []
  /// Why what is served is not to be trusted; nil where chain, purpose, dates and name hold.
  package var distrust: CertificateError?
  /// The common names of the authorities that the server accepts clients of, as it says itself;
  /// empty where it asks for no certificate.
  package var acceptedIssuers: [String]
  /// Whether the server took up the session of an earlier probe.
  package var isResumed: Bool
  /// For another probe to try; that there is one does not mean that the server will take it up.
  package var session: TLSSession?

  /// Whether the server let the client in, with the certificate that it showed or without one.
  ///
  /// nginx answers 400 where a certificate is missing or not accepted, 495 and 496 to itself; this
  /// program's configuration makes 503 of all three. A site that answers so of its own accord is of no
  /// more use to its visitors.
  package var isClientAccepted: Bool {
    guard case .status(let status) = answer else { return false }
    return ![400, 495, 496, 503].contains(status)
  }
}
