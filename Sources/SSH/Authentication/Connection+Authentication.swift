internal import CLibSSH2
internal import Diagnostics
internal import Glibc

/// Authentication with public keys, offered one after another; a refused key is never offered again.
extension Connection {
  private static let activity = "authenticating"

  func authenticate(with credentials: Credentials) async throws(SSHError) {
    let deadline = Deadline(after: deadlines.authentication)
    var refusals: [String] = []
    var isAccepted = false
    var methods: String?
    for offer in credentials.offers {
      do {
        let answer = try await present(offer, until: deadline)
        log("key \(HostText(offer.name)): \(answer ?? "accepted")")
        guard let refusal = answer else { return }
        isAccepted = isAccepted || refusal == Self.insufficient
        refusals.append("\(offer.name): \(refusal)")
      } catch  where error.code == .connectionLost {
        // One key too many ends a connection; with the first key, the network may be the cause.
        guard !refusals.isEmpty else {
          throw failure(
            .connectionLost, Self.activity,
            "the server closed the connection when \(offer.name) was offered; sshd also does so if"
              + " its MaxAuthTries is 1",
            library: error.library)
        }
        throw refusal(
          refusals + [
            "\(offer.name): the server closed the connection",
            "sshd closes it after MaxAuthTries keys: name only the right one with ssh.identity in the"
              + " inventory",
          ], credentials, methods: nil, library: error.library)
      }
    }
    do {
      methods = try await acceptedMethods(until: deadline)
      guard let methods else { return }
      log("the server accepts: \(HostText(methods, limit: 200))")
      if let password = credentials.password {
        let answers = try await present(password, methods: methods, until: deadline)
        log("\(answers?.joined(separator: "; ") ?? "password: accepted")")
        guard let answers else { return }
        refusals += answers
      }
    } catch  where error.code == .connectionLost && !refusals.isEmpty {
      refusals.append("then the server closed the connection")
    }
    throw refusal(
      refusals, credentials, methods: methods, isAccepted: isAccepted, library: nil)
  }

  /// The result for a key that the server accepts as the first of several factors.
  private static let insufficient = "accepted, but the server requires more than a key"

  private func refusal(
    _ refusals: [String], _ credentials: Credentials, methods: String?, isAccepted: Bool = false,
    library: String?
  ) -> SSHError {
    var lines = ["the server accepted none of these for user \(destination.user):"]
    lines += refusals.map { "  \($0)" }
    if !credentials.omissions.isEmpty {
      lines.append("Not offered:")
      lines += credentials.omissions.map { "  \($0)" }
    }
    if let methods {
      lines.append("The server accepts: \(methods)")
      let words = Set(methods.split(separator: ",").map(String.init))
      if words.isDisjoint(with: ["publickey", "password", "keyboard-interactive"]) {
        lines.append("Only OpenSSH supports that: use `ssh: {transport: openssh}`.")
      } else if isAccepted {
        lines.append(
          "Its AuthenticationMethods requires a password in addition to the key"
            + (destination.password == nil ? ": set it with `ssh: {password: ...}`." : "."))
      } else if !words.contains("publickey") && destination.password == nil {
        lines.append("It accepts no keys: set a password with `ssh: {password: ...}`.")
      }
    }
    return failure(
      .authenticationFailed, Self.activity, lines.joined(separator: "\n"), library: library)
  }

  /// Offers a key. Returns nil when the user is logged in, or the reason why the server refused it.
  private func present(
    _ offer: Credentials.Offer, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    switch offer {
    case .file(let file):
      try await present(file, until: deadline)
    case .agent(let agent, let key, _):
      try await present(key, of: agent, until: deadline)
    }
  }

  private func present(
    _ file: PrivateKeyFile, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    let user = destination.user
    let status = try await attempt(Self.activity, until: deadline) {
      session throws(SSHError) -> Int32? in
      try self.answer(
        libssh2_userauth_publickey_fromfile_ex(
          session.pointer, user, UInt32(user.utf8.count), nil, file.path, nil), session)
    }
    switch status {
    case 0: return nil
    case LIBSSH2_ERROR_FILE: return "libssh2 cannot read this file"
    // A key that the server does not know is refused before it signs.
    case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED: return Self.insufficient
    default: return "refused"
    }
  }

  private func present(
    _ key: Agent.Key, of agent: Agent, until deadline: Deadline
  ) async throws(SSHError) -> String? {
    let user = destination.user
    let blob = key.blobForLibrary
    var request = SignatureRequest()
    while true {
      let status = try await attempt(Self.activity, until: deadline) {
        session throws(SSHError) -> Int32? in
        let status = withUnsafeMutablePointer(to: &request) { pointer in
          var abstract: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(pointer)
          return libssh2_userauth_publickey(
            session.pointer, user, blob, blob.count, signLater, &abstract)
        }
        if status == LIBSSH2_ERROR_EAGAIN && request.isPending { return status }
        return try self.answer(status, session)
      }
      switch status {
      case 0: return nil
      case LIBSSH2_ERROR_EAGAIN: break
      case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED: return request.problem ?? Self.insufficient
      default: return request.problem ?? "refused"
      }
      do {
        request.signature = try await agent.signature(
          of: request.challenge, by: key, algorithm: request.algorithm ?? key.type, until: deadline)
      } catch {
        if Task.isCancelled { throw failure(.cancelled, Self.activity, "cancelled") }
        request.problem = "the agent: \(error.detail)"
      }
    }
  }

  /// Requests the method "none", to which a server answers with the methods it accepts; nil if none is needed.
  private func acceptedMethods(until deadline: Deadline) async throws(SSHError) -> String? {
    let user = destination.user
    let list = try await attempt(Self.activity, until: deadline) {
      session throws(SSHError) -> String? in
      let list = libssh2_userauth_list(session.pointer, user, UInt32(user.utf8.count))
      if let list { return String(cString: list) }
      if libssh2_userauth_authenticated(session.pointer) == 1 { return "" }
      let status = libssh2_session_last_errno(session.pointer)
      if status == LIBSSH2_ERROR_EAGAIN { return nil }
      throw self.failure(status, of: session, Self.activity)
    }
    return list.isEmpty ? nil : list
  }

  /// What libssh2 reports about a key: nil for EAGAIN, an error if the connection itself is broken.
  private func answer(_ status: Int32, _ session: Session) throws(SSHError) -> Int32? {
    switch status {
    case LIBSSH2_ERROR_EAGAIN: return nil
    case 0, LIBSSH2_ERROR_FILE, LIBSSH2_ERROR_AUTHENTICATION_FAILED,
      LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      // libssh2 reports a connection that breaks while it waits for the result as a refusal, and also one
      // that the server disconnects: sshd says why (RFC 4253, 11.1) before it closes.
      let isWaiting = status != 0 && session.lastError?.hasPrefix("Waiting for") == true
      guard status == 0 || session.transport.end == nil && !isWaiting else { fallthrough }
      return status
    default: throw failure(status, of: session, Self.activity)
    }
  }
}

/// One signature that libssh2 needs, passed from its callback to the agent.
private struct SignatureRequest {
  var challenge: [UInt8] = []
  var signature: [UInt8]?
  var problem: String?

  var isPending: Bool { !challenge.isEmpty && signature == nil && problem == nil }

  /// As named in the challenge (RFC 4252, 7): a session, a byte, user, service, method, a boolean.
  var algorithm: String? {
    var reader = WireReader(challenge)
    guard reader.string() != nil, reader.byte() != nil, reader.string() != nil,
      reader.string() != nil, reader.string() != nil, reader.byte() != nil
    else { return nil }
    return reader.text()
  }
}

extension Agent.Key {
  /// The public key as libssh2 gets it.
  ///
  /// libssh2 before 1.11 requests the signature that the type of the key names, which for RSA is one
  /// with SHA-1. It never parses the key, so an RSA key gets the name of a better signature
  /// (RFC 8332, 3), which OpenSSH also accepts as a type of key.
  fileprivate var blobForLibrary: [UInt8] {
    guard type == "ssh-rsa", libssh2_version(0x01_0b_00) == nil else { return blob }
    return wireString(Array("rsa-sha2-512".utf8)) + blob.dropFirst(4 + type.utf8.count)
  }
}

/// libssh2's callback must return at once: it stores the challenge and returns EAGAIN, and is called
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
