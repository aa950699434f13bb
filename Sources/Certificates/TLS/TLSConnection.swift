internal import COpenSSL

/// A client's TLS connection over any stream of bytes: OpenSSL works on two buffers in memory, and
/// this copies them to and from the stream.
///
/// It checks no certificate: the caller examines what the server presents.
final class TLSConnection {
  private let pointer: OpaquePointer
  /// Both belong to the connection.
  private let received: OpaquePointer
  private let sending: OpaquePointer
  private let stream: any ByteStream
  private let object: String

  private init(
    adopting pointer: OpaquePointer, received: OpaquePointer, sending: OpaquePointer,
    _ stream: any ByteStream, _ object: String
  ) {
    self.pointer = pointer
    self.received = received
    self.sending = sending
    self.stream = stream
    self.object = object
  }

  deinit { SSL_free(pointer) }

  /// - Parameters:
  ///   - serverName: the requested name (RFC 6066, 3).
  ///   - session: from an earlier connection, which the server may resume.
  static func prepare(
    over stream: any ByteStream, as client: TLSClient, serverName: String, session: TLSSession?
  ) throws(CertificateError) -> TLSConnection {
    let operation = Operation("connect to", serverName)
    let pointer = try operation.require(SSL_new(client.pointer))
    guard let received = BIO_new(BIO_s_mem()), let sending = BIO_new(BIO_s_mem()) else {
      SSL_free(pointer)
      throw operation.failure(.libraryFailed, "OpenSSL refused")
    }
    SSL_set_bio(pointer, received, sending)
    let connection = TLSConnection(
      adopting: pointer, received: received, sending: sending, stream, serverName)
    try operation.require(COpenSSL_SSL_set_tlsext_host_name(pointer, serverName) == 1)
    if let session { try operation.require(SSL_set_session(pointer, session.pointer) == 1) }
    SSL_set_connect_state(pointer)
    return connection
  }

  // MARK: - The conversation

  /// Throws `handshakeFailed` if the server refuses or does not speak TLS, and what the stream throws.
  func handshake() async throws {
    _ = try await carry("shake hands with", until: "the handshake was finished") {
      SSL_do_handshake($0)
    }
  }

  func write(_ text: String) async throws {
    let bytes = Array(text.utf8)
    _ = try await carry("send a request to", until: "the request was sent") {
      SSL_write($0, bytes, Int32(bytes.count))
    }
  }

  /// The next decrypted bytes; empty at the end.
  func read() async throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    let count = try await carry("read the answer of", until: nil) {
      SSL_read($0, &buffer, Int32(buffer.count))
    }
    return Array(buffer[..<Int(max(0, count))])
  }

  /// Says goodbye. Without it, OpenSSL would treat the session as interrupted and invalid.
  func close() async throws {
    SSL_shutdown(pointer)
    try await flush()
  }

  /// - Parameter goal: what must be reached before the connection ends; nil if its end is a result.
  private func carry(
    _ action: String, until goal: String?, _ call: (OpaquePointer) -> Int32
  ) async throws -> Int32 {
    while true {
      // The error queue belongs to the thread, and another thread may continue behind each await.
      let operation = Operation(action, object)
      let result = call(pointer)
      let state = SSL_get_error(pointer, result)
      let failure =
        state == SSL_ERROR_SSL || state == SSL_ERROR_SYSCALL
        ? operation.failure(.handshakeFailed, "TLS handshake failed") : nil
      try await flush()
      if let failure { throw failure }
      switch state {
      case SSL_ERROR_NONE: return result
      case SSL_ERROR_WANT_READ:
        if try await receive() { continue }
        fallthrough
      case SSL_ERROR_ZERO_RETURN:
        guard let goal else { return 0 }
        throw Operation(action, object).failure(
          .handshakeFailed, "the connection was closed before \(goal)")
      default: preconditionFailure("OpenSSL waits for \(state). This is a bug in deploy.")
      }
    }
  }

  private func flush() async throws {
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(sending))
    guard !bytes.isEmpty else { return }
    var count = 0
    guard BIO_read_ex(sending, &bytes, bytes.count, &count) == 1, count == bytes.count else {
      preconditionFailure("A buffer in memory is inconsistent. This is a bug in deploy.")
    }
    try await stream.write(bytes)
  }

  /// False at the end of the stream.
  private func receive() async throws -> Bool {
    guard let bytes = try await stream.read() else { return false }
    guard !bytes.isEmpty else { return true }
    var count = 0
    guard BIO_write_ex(received, bytes, bytes.count, &count) == 1, count == bytes.count else {
      preconditionFailure("Could not write to a buffer in memory: memory is exhausted.")
    }
    return true
  }

  // MARK: - Results

  /// In OpenSSL's notation: `TLSv1.3`.
  var version: String { String(cString: SSL_get_version(pointer)) }

  var isResumed: Bool { SSL_session_reused(pointer) == 1 }

  /// The server's certificates, its own first; empty if it sent none.
  func servedPEM() throws(CertificateError) -> String {
    let chain = SSL_get_peer_cert_chain(pointer)
    var text = ""
    for index in 0..<max(0, COpenSSL_sk_X509_num(chain)) {
      guard let certificate = COpenSSL_sk_X509_value(chain, index) else { continue }
      text += try Certificate.pem(of: certificate)
    }
    return text
  }

  /// The common names of the CAs whose clients the server says it accepts.
  var acceptedIssuers: [String] {
    let names = SSL_get0_peer_CA_list(pointer)
    return (0..<max(0, COpenSSL_sk_X509_NAME_num(names))).map {
      CertificateFacts.commonName(of: COpenSSL_sk_X509_NAME_value(names, $0))
    }
  }

  /// Nil if the server gave no session that can be resumed.
  var session: TLSSession? {
    guard let session = SSL_get1_session(pointer) else { return nil }
    let owner = TLSSession(adopting: session)
    return SSL_SESSION_is_resumable(session) == 1 ? owner : nil
  }
}
