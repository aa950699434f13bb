internal import CLibSSH2
internal import Glibc

/// Public keys, offered one after another; a refused one is never offered again.
extension Connection {
  private static let activity = "authenticating"

  func authenticate(with credentials: Credentials) async throws(SSHError) {
    let deadline = Deadline(after: deadlines.authentication)
    var refusals: [String] = []
    for offer in credentials.offers {
      do {
        guard let refusal = try await present(offer, until: deadline) else { return }
        refusals.append("\(offer.name): \(refusal)")
      } catch  where error.code == .connectionLost {
        // One key too many ends a connection; at the first one it may well be the network.
        guard !refusals.isEmpty else {
          throw failure(
            .connectionLost, Self.activity,
            "the server ended the connection when \(offer.name) was offered",
            library: error.library)
        }
        throw refusal(
          refusals + ["\(offer.name): the server ended the connection"], credentials,
          methods: nil, library: error.library)
      }
    }
    let methods = try await acceptedMethods(until: deadline)
    throw refusal(refusals, credentials, methods: methods, library: nil)
  }

  private func refusal(
    _ refusals: [String], _ credentials: Credentials, methods: String?, library: String?
  ) -> SSHError {
    var lines = ["the server let \(destination.user) in with none of these keys:"]
    lines += refusals.map { "  \($0)" }
    if !credentials.omissions.isEmpty {
      lines.append("Not offered:")
      lines += credentials.omissions.map { "  \($0)" }
    }
    if let methods { lines.append("The server accepts: \(methods)") }
    return failure(
      .authenticationFailed, Self.activity, lines.joined(separator: "\n"), library: library)
  }

  /// Answers with nil when the user is logged in, or with the reason why not.
  private func present(
    _ offer: Credentials.Offer, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    switch offer {
    case .file(let file, let passphrase):
      try await present(file, passphrase, until: deadline)
    case .agent(let agent, let key):
      try await present(key, of: agent, until: deadline)
    }
  }

  /// Decrypting an encrypted key costs its bcrypt rounds, some 200 ms of the loop's thread.
  private func present(
    _ file: PrivateKeyFile, _ passphrase: [UInt8]?, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    let user = destination.user
    let terminated = passphrase.map { $0.map(CChar.init(bitPattern:)) + [0] }
    let status = try await attempt(Self.activity, until: deadline) {
      session throws(SSHError) -> Int32? in
      try self.answer(
        libssh2_userauth_publickey_fromfile_ex(
          session.pointer, user, UInt32(user.utf8.count), nil, file.path, terminated), session)
    }
    switch status {
    case 0: return nil
    case LIBSSH2_ERROR_FILE where file.isEncrypted: return "the passphrase is wrong"
    case LIBSSH2_ERROR_FILE: return "libssh2 cannot read this file"
    default: return "refused"
    }
  }

  private func present(
    _ key: Agent.Key, of agent: Agent, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    let user = destination.user
    var request = SignatureRequest()
    while true {
      let status = try await attempt(Self.activity, until: deadline) {
        session throws(SSHError) -> Int32? in
        let status = withUnsafeMutablePointer(to: &request) { pointer in
          var abstract: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(pointer)
          return libssh2_userauth_publickey(
            session.pointer, user, key.blob, key.blob.count, signLater, &abstract)
        }
        if status == LIBSSH2_ERROR_EAGAIN && request.isPending { return status }
        return try self.answer(status, session)
      }
      switch status {
      case 0: return nil
      case LIBSSH2_ERROR_EAGAIN: break
      default: return request.problem ?? "refused"
      }
      do {
        request.signature = try await agent.signature(
          of: request.challenge, by: key, until: deadline)
      } catch {
        if Task.isCancelled { throw failure(.cancelled, Self.activity, "cancelled") }
        request.problem = "the agent: \(error.detail)"
      }
    }
  }

  /// Asks with the method "none", which a server answers with its list.
  private func acceptedMethods(until deadline: Deadline) async throws(SSHError) -> String? {
    let user = destination.user
    do {
      return try await attempt(Self.activity, until: deadline) {
        session throws(SSHError) -> String? in
        let list = libssh2_userauth_list(session.pointer, user, UInt32(user.utf8.count))
        if let list { return String(cString: list) }
        let status = libssh2_session_last_errno(session.pointer)
        if status == LIBSSH2_ERROR_EAGAIN { return nil }
        throw self.failure(status, of: session, Self.activity)
      }
    } catch  where error.code == .connectionLost {
      return nil
    }
  }

  /// What libssh2 says of a key: nil for EAGAIN, an error where the connection itself is broken.
  private func answer(_ status: Int32, _ session: Session) throws(SSHError) -> Int32? {
    switch status {
    case LIBSSH2_ERROR_EAGAIN: return nil
    case 0, LIBSSH2_ERROR_FILE, LIBSSH2_ERROR_AUTHENTICATION_FAILED,
      LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      // libssh2 calls a connection that breaks while it waits for the verdict a refusal.
      guard status == 0 || session.transport.end == nil else { fallthrough }
      return status
    default: throw failure(status, of: session, Self.activity)
    }
  }
}

/// One signature that libssh2 wants, between its callback and the agent.
private struct SignatureRequest {
  var challenge: [UInt8] = []
  var signature: [UInt8]?
  var problem: String?

  var isPending: Bool { !challenge.isEmpty && signature == nil && problem == nil }
}

/// libssh2's callback must answer at once: it takes the challenge and says EAGAIN, and is called
/// again when the agent has signed.
private let signLater:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Int32 = { _, signature, signatureSize, data, size, abstract in
    guard let opaque = abstract?.pointee else { return -1 }
    let request = opaque.assumingMemoryBound(to: SignatureRequest.self)
    if request.pointee.problem != nil { return -1 }
    guard let bytes = request.pointee.signature else {
      request.pointee.challenge = Array(UnsafeBufferPointer(start: data, count: size))
      return LIBSSH2_ERROR_EAGAIN
    }
    // libssh2 frees it with free(3), the allocator of a session that was given none.
    guard let copy = malloc(bytes.count) else { return LIBSSH2_ERROR_ALLOC }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    signature?.pointee = copy.assumingMemoryBound(to: UInt8.self)
    signatureSize?.pointee = bytes.count
    return 0
  }
