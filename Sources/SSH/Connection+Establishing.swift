internal import CLibSSH2

/// From nothing to a session that is logged in.
extension Connection {
  func establish() async throws(SSHError) {
    do {
      let known = try loadKnownHosts()
      let credentials = try await gatherCredentials()
      try await openSession(
        preferring: HostKey.preference(
          known: known.keyTypes(for: destination.address, port: destination.port)))
      try await exchangeKeys(known)
      try await authenticate(with: credentials)
      client.counters.countLogin()
    } catch {
      end(with: error.code, error.detail, as: error)
      throw error
    }
  }

  private func loadKnownHosts() throws(SSHError) -> KnownHosts {
    do {
      return try KnownHosts.load(destination.knownHosts)
    } catch {
      throw failure(
        .knownHostsUnreadable, "reading known hosts",
        "\(error.path) cannot be read: \(error.reason)")
    }
  }

  private func openSession(preferring hostKeyTypes: [String]) async throws(SSHError) {
    let activity = "connecting"
    let carrier: any Carrier =
      if let jump = destination.lastJump {
        StreamCarrier(try await stream(through: jump, activity))
      } else {
        try await socket(activity, until: Deadline(after: deadlines.connect))
      }
    let session = Session.open(
      on: carrier, preferring: hostKeyTypes, counters: client.counters)
    guard let session else {
      throw failure(.resourceMissing, activity, "libssh2 could not make a session")
    }
    adopt(session)
  }

  private func socket(
    _ activity: String, until deadline: Deadline
  ) async throws(SSHError) -> SocketCarrier {
    let (address, port) = (destination.address, destination.port)
    do {
      let socket =
        destination.isJump
        ? try await client.loop.dial(name: address, port: port, until: deadline)
        : try await client.loop.dial(address, port: port, until: deadline)
      client.counters.countConnection()
      return SocketCarrier(adopting: socket)
    } catch {
      throw dialFailure(error, activity, deadline)
    }
  }

  private func stream(
    through jump: Destination, _ activity: String
  ) async throws(SSHError) -> ByteStream {
    let gateway = client.gateway(through: jump, deadlines: deadlines)
    use(gateway)
    do {
      return try await gateway.open(to: destination.address, port: destination.port)
    } catch {
      // What the jump host could not do says something about this host, all else about that one.
      let code = error.code == .streamRefused ? SSHError.Code.unreachable : error.code
      throw failure(code, activity, error.description)
    }
  }

  private func dialFailure(
    _ error: EventLoop.DialFailure, _ activity: String, _ deadline: Deadline
  ) -> SSHError {
    switch error {
    case .invalidAddress:
      failure(
        .invalidAddress, activity,
        "\"\(destination.address)\" is no IPv4 or IPv6 address; write the number, names are not "
          + "looked up")
    case .unknownName:
      failure(.unreachable, activity, "the name \"\(destination.address)\" has no address")
    case .timedOut:
      failure(
        .timedOut, activity,
        "no answer within \(deadline.limit): the host is down, or a firewall drops the packets")
    case .cancelled:
      failure(.cancelled, activity, "cancelled")
    case .system(let error) where error.isRefusal:
      failure(.refused, activity, "\(error): the host is up, but nothing listens on this port")
    case .system(let error):
      failure(.unreachable, activity, "\(error)")
    }
  }

  private func exchangeKeys(_ known: KnownHosts) async throws(SSHError) {
    let activity = "exchanging keys"
    let deadline = Deadline(after: deadlines.handshake)
    let blob: [UInt8]
    do {
      blob = try await attempt(activity, until: deadline) { session throws(SSHError) -> [UInt8]? in
        switch libssh2_session_handshake(session.pointer, session.descriptor) {
        case 0: break
        case LIBSSH2_ERROR_EAGAIN: return nil
        case let status: throw self.handshakeFailure(status, session, activity)
        }
        session.transport.isHandshaking = false
        return session.hostKey
      }
    } catch  where error.code == .timedOut {
      throw failure(.timedOut, activity, silenceDetail(deadline))
    }
    guard let key = HostKey(blob: blob) else {
      throw failure(.handshakeFailed, activity, "the server's host key is no SSH public key")
    }
    try check(key, against: known)
  }

  private func check(_ key: HostKey, against known: KnownHosts) throws(SSHError) {
    let report = HostKeyReport(destination: destination, key: key)
    let activity = "checking the host key"
    switch known.verdict(on: key, from: destination.address, port: destination.port) {
    case .trusted:
      return
    case .unknown(let others):
      let authorities = known.authorities(for: destination.address, port: destination.port)
      throw failure(
        .hostKeyUnknown, activity, report.unknown(others: others, authorities: authorities))
    case .changed(let entries):
      throw failure(.hostKeyChanged, activity, report.changed(entries))
    case .revoked(let entry):
      throw failure(.hostKeyRevoked, activity, report.revoked(entry))
    }
  }
}
