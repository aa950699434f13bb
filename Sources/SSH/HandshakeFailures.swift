internal import CLibSSH2
internal import Files

/// Why a key exchange did not end well, in words.
extension Connection {
  func handshakeFailure(_ status: Int32, _ session: Session, _ activity: String) -> SSHError {
    let transport = session.transport
    let words = session.lastError
    if transport.end == nil && status == LIBSSH2_ERROR_KEX_FAILURE {
      return failure(
        .noSharedAlgorithm, activity,
        "the server shares no algorithm with libssh2 \(libraryVersion), which verifies host keys of "
          + HostKey.supportedTypes.joined(separator: ", ")
          + " and no newer RSA signatures; give the host an ed25519 key with `ssh-keygen -A`",
        library: words)
    }
    var reason =
      switch transport.end {
      case .closedByPeer where transport.received == 0:
        "the server accepted the connection and closed it without a word; sshd does so over "
          + "MaxStartups, and to addresses that it penalises"
      case .closedByPeer: "the server closed the connection in the key exchange"
      case .failed(let error) where error.isDisconnection:
        "the server closed the connection in the key exchange: \(error)"
      case .failed(let error): "the connection broke: \(error)"
      case .endlessGreeting: "the peer kept talking and never exchanged keys"
      case nil: "the key exchange failed with status \(status)"
      }
    if let answer = foreignGreeting(transport) {
      reason += "; the peer is no SSH server: it said \(answer)"
    }
    return failure(.handshakeFailed, activity, reason, library: words)
  }

  func silenceDetail(_ deadline: Deadline) -> String {
    guard let transport = currentTransport, transport.received > 0 else {
      return "the connection was accepted, and then nothing came within \(deadline.limit)"
    }
    guard let answer = foreignGreeting(transport) else {
      return "the key exchange did not end within \(deadline.limit)"
    }
    return "no SSH banner within \(deadline.limit): the peer said \(answer)"
  }

  /// The first line of a peer that did not start like an SSH server.
  private func foreignGreeting(_ transport: Transport) -> String? {
    let greeting = String(decoding: transport.greeting, as: UTF8.self)
    guard transport.received > 0, !greeting.contains("SSH-") else { return nil }
    let line = greeting.prefix { !$0.isNewline }
    return line.debugDescription
  }

  private var libraryVersion: String {
    libssh2_version(0).map { String(cString: $0) } ?? "of an unknown version"
  }
}
