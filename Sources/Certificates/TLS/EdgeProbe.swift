/// One check of the server's end of an edge, from the point of view of a front-end: a TLS handshake and a small
/// request.
///
/// nginx does not end the handshake if it does not accept the client. So the result for the client's
/// certificate is the answer, or its absence.
package struct EdgeProbe: Sendable {
  /// The requested name, which the certificate has to match: nginx's `proxy_ssl_name`, a site's domain.
  package var serverName: String
  /// The CAs that should have issued the server's certificate; nil if that is not examined.
  package var trusted: CertificateBundle?
  package var client: TLSClient
  /// A session of an earlier probe, to check whether the server resumes it.
  package var session: TLSSession?

  package init(
    serverName: String, trusted: CertificateBundle?, client: TLSClient, session: TLSSession? = nil
  ) {
    self.serverName = serverName
    self.trusted = trusted
    self.client = client
    self.session = session
  }

  /// Throws what the stream throws; everything that the server does is in the report.
  /// - Parameter time: seconds since 1970, at which what is served has to be valid.
  package func run(over stream: some ByteStream, at time: Int64) async throws -> ProbeReport {
    let connection = try TLSConnection.prepare(
      over: stream, as: client, serverName: serverName, session: session)
    let (answer, saysRefused) = try await ask(connection)
    var report = ProbeReport(
      answer: answer, saysRefused: saysRefused, tlsVersion: connection.version,
      acceptedIssuers: connection.acceptedIssuers, isResumed: connection.isResumed,
      session: connection.session)
    guard let trusted else { return report }
    let pem = try connection.servedPEM()
    if !pem.isEmpty {
      let chain = try CertificateBundle(pem: pem, named: "the served certificate")
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
      // HEAD, because an application must not treat a probe as more than a look.
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
      // Only new bytes are searched: a server may send byte by byte.
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

/// What a probe has found.
package struct ProbeReport: Sendable {
  /// How the server answered the probe.
  package enum Answer: Sendable {
    /// The status of an HTTP answer.
    case status(Int)
    /// The TLS connection failed, or was ended instead of an answer.
    case refusedHandshake(CertificateError)
    /// The connection was closed without an answer.
    case closed
    case notHTTP
  }

  package var answer: Answer
  /// Whether the answer is that of a release of 0.1.0 to a client that it refuses, and not one of the
  /// site itself, by a field that only such an answer has.
  package var saysRefused: Bool
  /// In OpenSSL's notation: `TLSv1.3`.
  package var tlsVersion: String
  /// The server's certificates, its own first; nil if it sent none, or if they were not examined.
  package var chain: CertificateBundle?
  /// Why the served certificate cannot be trusted; nil if chain, purpose, dates and name are valid.
  package var distrust: CertificateError?
  /// The common names of the CAs whose clients the server accepts, as announced by it;
  /// empty if it asks for no certificate.
  package var acceptedIssuers: [String]
  /// Whether the server resumed the session of an earlier probe.
  package var isResumed: Bool
  /// For another probe to try; the server may still not resume it.
  package var session: TLSSession?

  package var served: [CertificateFacts] { chain?.facts ?? [] }

  /// Whether the server accepted the client, with the certificate that it presented or without one.
  ///
  /// nginx uses 400 if a certificate is missing or not accepted, and 495 and 496 internally; this
  /// program's configuration closes the connection, and that of 0.1.0 answered 503 with a field.
  package var isClientAccepted: Bool {
    guard case .status(let status) = answer else { return false }
    return !saysRefused && ![400, 495, 496].contains(status)
  }
}
