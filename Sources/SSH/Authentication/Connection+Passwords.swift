internal import CLibSSH2
internal import Glibc

/// Authentication with passwords, by both methods that ask for one (RFC 4252, 8, and RFC 4256).
extension Connection {
  /// Sends the password. Returns nil when the user is logged in, or the reasons why the server refused it.
  func present(
    _ password: [UInt8], methods: String, until deadline: Deadline
  ) async throws(SSHError) -> [String]? {
    let words = methods.split(separator: ",")
    var refusals: [String] = []
    // keyboard-interactive may ask for more than a password, so it is tried second.
    if words.contains("password") {
      if try await presentPlain(password, until: deadline) { return nil }
      refusals.append("password: refused")
    } else if words.contains("keyboard-interactive") {
      if try await answerPrompts(password, until: deadline) { return nil }
      refusals.append("keyboard-interactive, answered with the password: refused")
    } else {
      refusals.append("password: not tried, the server does not ask for one")
    }
    return refusals
  }

  private func presentPlain(
    _ password: [UInt8], until deadline: Deadline
  ) async throws(SSHError) -> Bool {
    let user = destination.user
    let secret = password.map(CChar.init(bitPattern:))
    return try await attempt("authenticating", until: deadline) {
      session throws(SSHError) -> Bool? in
      try self.result(
        libssh2_userauth_password_ex(
          session.pointer, user, UInt32(user.utf8.count), secret, UInt32(secret.count), nil),
        session)
    }
  }

  private func answerPrompts(
    _ password: [UInt8], until deadline: Deadline
  ) async throws(SSHError) -> Bool {
    let user = destination.user
    currentTransport?.hiddenAnswer = password
    defer { currentTransport?.hiddenAnswer = nil }
    return try await attempt("authenticating", until: deadline) {
      session throws(SSHError) -> Bool? in
      try self.result(
        libssh2_userauth_keyboard_interactive_ex(
          session.pointer, user, UInt32(user.utf8.count), answerHiddenPrompts),
        session)
    }
  }

  private func result(_ status: Int32, _ session: Session) throws(SSHError) -> Bool? {
    switch status {
    case 0: return true
    case LIBSSH2_ERROR_EAGAIN: return nil
    case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PASSWORD_EXPIRED,
      LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      return false
    default: throw failure(status, of: session, "authenticating")
    }
  }
}

/// Answers each prompt whose answer is hidden with the password, and all others with nothing.
private let answerHiddenPrompts:
  @convention(c) (
    UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, Int32, Int32,
    UnsafePointer<LIBSSH2_USERAUTH_KBDINT_PROMPT>?,
    UnsafeMutablePointer<LIBSSH2_USERAUTH_KBDINT_RESPONSE>?,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Void = { _, _, _, _, count, prompts, responses, abstract in
    guard let prompts, let responses, let transport = Session.transport(abstract) else { return }
    for index in 0..<Int(count) {
      let answer = prompts[index].echo == 0 ? transport.hiddenAnswer ?? [] : []
      // libssh2 frees it with free(3), the allocator of a session that was given none.
      guard let copy = malloc(answer.count + 1) else { return }
      copy.copyMemory(from: answer, byteCount: answer.count)
      responses[index].text = copy.assumingMemoryBound(to: CChar.self)
      responses[index].length = UInt32(answer.count)
    }
  }
