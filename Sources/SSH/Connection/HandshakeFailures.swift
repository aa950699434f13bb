internal import CLibSSH2
internal import Diagnostics
internal import Files

/// Messages that explain why a key exchange failed.
extension Connection {
  func handshakeFailure(_ status: Int32, _ session: Session, _ activity: String) -> SSHError {
    let transport = session.transport
    let words = session.lastError
    if let detail = mismatch(session) {
      return failure(.noSharedAlgorithm, activity, detail, library: words)
    }
    var reason =
      switch transport.end {
      case .closedByPeer where transport.received == 0:
        "the server accepted the connection and closed it immediately; sshd does so over "
          + "MaxStartups, and to addresses that it penalises"
      case .closedByPeer: "the server closed the connection during the key exchange"
      case .failed(let error) where error.isDisconnection:
        "the server closed the connection during the key exchange: \(error)"
      case .failed(let error): "the connection broke: \(error)"
      case .endlessGreeting: "the peer sent too much data before the key exchange"
      case nil: "the key exchange failed with status \(status)"
      }
    if let answer = foreignGreeting(transport) {
      reason += "; the peer is not an SSH server: it said \(answer)"
    }
    return failure(.handshakeFailed, activity, reason, library: words)
  }

  /// The kinds of algorithms that the server and libssh2 do not share, with both lists; nil if they share
  /// one of each kind, or the server did not send its lists.
  private func mismatch(_ session: Session) -> String? {
    guard let offer = KeyExchangeOffer(opening: session.transport.greeting) else { return nil }
    let library = "libssh2 \(libraryVersion)"
    let lines = KeyExchangeOffer.Kind.allCases.compactMap { kind -> String? in
      let known = session.algorithms(of: kind)
      guard !known.isEmpty, Set(known).isDisjoint(with: offer[kind]) else { return nil }
      var line = """
        the server and \(library) share no \(kind.name) algorithm:
          the server offers \(HostText(offer[kind].joined(separator: ", ")))
          \(library) supports \(known.joined(separator: ", "))
        Allow one of these in \(kind.setting) of the host's sshd_config
        """
      if kind == .hostKey { line += ", with a key that `ssh-keygen -A` makes" }
      return line + "."
    }
    guard !lines.isEmpty else { return nil }
    return (lines + ["Or use OpenSSH's own client: `ssh: {transport: openssh}` in the inventory."])
      .joined(separator: "\n")
  }

  func silenceDetail(_ deadline: Deadline) -> String {
    guard let transport = currentTransport, transport.received > 0 else {
      return "the connection was accepted, but nothing was received within \(deadline.limitText)"
    }
    guard let answer = foreignGreeting(transport) else {
      return "the key exchange did not finish within \(deadline.limitText)"
    }
    return "no SSH banner within \(deadline.limitText): the peer said \(answer)"
  }

  /// The first line of a peer that does not start like an SSH server.
  private func foreignGreeting(_ transport: Transport) -> String? {
    let greeting = String(
      decoding: transport.greeting.prefix(Transport.versionLimit), as: UTF8.self)
    guard transport.received > 0, !greeting.contains("SSH-") else { return nil }
    let line = greeting.prefix { !$0.isNewline }
    return line.debugDescription
  }

  private var libraryVersion: String {
    libssh2_version(0).map { String(cString: $0) } ?? "of an unknown version"
  }
}
