/// One look at the server's end of an edge, as a front-end would see it: a TLS handshake and a small
/// request.
///
/// nginx does not end the handshake where it does not accept the client. So what came of the client's
/// certificate is in the answer, or in that there is none.
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
    let (answer, saysRefused) = try await ask(connection)
    var report = ProbeReport(
      answer: answer, saysRefused: saysRefused, tlsVersion: connection.version,
      acceptedIssuers: connection.acceptedIssuers, isResumed: connection.isResumed,
      session: connection.session)
    let pem = try connection.servedPEM()
    if !pem.isEmpty {
      let chain = try CertificateBundle(pem: pem, named: "what is served")
      report.chain = chain
      do throws(CertificateError) {
        try trusted.verify(leafPEM: pem, as: .server, name: serverName, at: time)
      } catch {
        report.distrust = error
      }
    }
    return report
  }

  private func ask(
    _ connection: TLSConnection
  ) async throws -> (answer: ProbeReport.Answer, saysRefused: Bool) {
    do {
      try await connection.handshake()
      // HEAD, because an application behind must not take a probe for more than a look.
      try await connection.write(
        "HEAD / HTTP/1.1\r\nHost: \(serverName)\r\nUser-Agent: deploy\r\n"
          + "Connection: close\r\n\r\n")
      let answer = try await head(connection)
      try await connection.close()
      return answer
    } catch let error as CertificateError where error.code == .handshakeFailed {
      return (.refusedHandshake(error), false)
    }
  }

  /// Reads the status line and the fields (RFC 9112, 2.1).
  private func head(
    _ connection: TLSConnection
  ) async throws -> (answer: ProbeReport.Answer, saysRefused: Bool) {
    let limit = 16 * 1024
    var bytes: [UInt8] = []
    var hasEnded = false
    while bytes.count < limit, !hasEnded {
      let next = try await connection.read()
      if next.isEmpty { break }
      // Only what is new is searched: a server may send byte by byte.
      let place = max(0, bytes.count - 2)
      bytes += next
      hasEnded = Self.hasEmptyLine(bytes[place...])
    }
    if bytes.isEmpty { return (.closed, false) }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { return (.notHTTP, false) }
    let fields = lines.dropFirst().prefix { !$0.isEmpty }
    return (.status(status), fields.contains { $0.lowercased().hasPrefix("deploy-refused:") })
  }
}

extension EdgeProbe {
  private static func hasEmptyLine(_ bytes: ArraySlice<UInt8>) -> Bool {
    let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var isAtStart = false
    for byte in bytes {
      if byte == newline {
        if isAtStart { return true }
        isAtStart = true
      } else if byte != carriageReturn {
        isAtStart = false
      }
    }
    return false
  }
}

/// What a probe has seen.
package struct ProbeReport: Sendable {
  package enum Answer: Sendable {
    /// The status of an HTTP answer.
    case status(Int)
    /// The TLS connection did not come about, or was ended in place of an answer.
    case refusedHandshake(CertificateError)
    /// The connection was closed without an answer.
    case closed
    case notHTTP
  }

  package var answer: Answer
  /// Whether the answer is that of a release of 0.1.0 to a client that it does not let in, and none of the
  /// site's own, by the field that only such an answer has.
  package var saysRefused: Bool
  /// As OpenSSL writes it: `TLSv1.3`.
  package var tlsVersion: String
  /// What the server showed, its own certificate first; nil where it did not come to that.
  package var chain: CertificateBundle?
  /// Why what is served is not to be trusted; nil where chain, purpose, dates and name hold.
  package var distrust: CertificateError?
  /// The common names of the CAs that the server accepts clients of, as it says itself;
  /// empty where it asks for no certificate.
  package var acceptedIssuers: [String]
  /// Whether the server took up the session of an earlier probe.
  package var isResumed: Bool
  /// For another probe to try; that there is one does not mean that the server will take it up.
  package var session: TLSSession?

  package var served: [CertificateFacts] { chain?.facts ?? [] }

  /// Whether the server let the client in, with the certificate that it showed or without one.
  ///
  /// nginx answers 400 where a certificate is missing or not accepted, 495 and 496 to itself; this
  /// program's configuration closes the connection, and that of 0.1.0 answered 503 and said so.
  package var isClientAccepted: Bool {
    guard case .status(let status) = answer else { return false }
    return !saysRefused && ![400, 495, 496].contains(status)
  }
}
