internal import CLibSSH2
internal import Files
internal import Fleet

/// Connecting, key exchange and login of a new connection.
extension Connection {
  func establish() async throws(SSHError) {
    let start = ContinuousClock.now
    log("connecting to \(destination.subject) as \(destination.user)")
    do {
      let known = try loadKnownHosts()
      let credentials = try await gatherCredentials()
      let key = try await exchangeKeys(known)
      try check(key, against: known)
      try await authenticate(with: credentials)
      isAuthenticated = true
      currentTransport?.isLoggingIn = false
      client.counters.countLogin()
      log("logged in after \(start.duration(to: .now).inSeconds)")
    } catch {
      log("failed after \(start.duration(to: .now).inSeconds): \(error.activity): \(error.detail)")
      end(with: error.code, error.detail, as: error)
      throw error
    }
  }

  /// Asks the host for its key and does not log in; nil if the key is known already.
  func newHostKey() async throws(SSHError) -> NewHostKey? {
    defer { close() }
    do throws(SSHError) {
      let known = try loadKnownHosts()
      let key = try await exchangeKeys(known)
      do throws(SSHError) {
        try check(key, against: known, policy: .strict)
        return nil
      } catch {
        // A host that is known by a key of another type is not new.
        guard error.code == .hostKeyUnknown, known.keyTypes(for: destination.knownName).isEmpty,
          let new = newKey(key)
        else { throw error }
        return new
      }
    } catch {
      end(with: error.code, error.detail, as: error)
      throw error
    }
  }

  private func newKey(_ key: HostKey) -> NewHostKey? {
    destination.knownHosts.first.map {
      NewHostKey(
        label: destination.label, name: destination.knownName.full, type: key.type,
        fingerprint: key.fingerprint, file: $0, key: key)
    }
  }

  private func loadKnownHosts() throws(SSHError) -> KnownHosts {
    do {
      return try client.knownHostsFiles.load(destination.knownHosts, about: destination.knownName)
    } catch {
      throw failure(
        .knownHostsUnreadable, "reading known hosts", error.description)
    }
  }

  private func openSession(preferring hostKeyTypes: [String]) async throws(SSHError) {
    let activity = "connecting"
    let rawStream: any RawStream =
      if let jump = destination.lastJump {
        ChannelStream(try await stream(through: jump, activity))
      } else {
        try await socket(activity)
      }
    let session = Session.open(
      on: rawStream, preferring: hostKeyTypes, counters: client.counters)
    guard let session else {
      throw failure(.resourceMissing, activity, "libssh2 could not make a session")
    }
    adopt(session)
  }

  private func socket(_ activity: String) async throws(SSHError) -> SocketStream {
    let (address, port) = (destination.address, destination.port)
    var deadline = Deadline(after: deadlines.connect)
    do {
      try await client.loop.scatter(among: client.dialing)
      deadline = Deadline(after: deadlines.connect)
      let socket =
        destination.isJump || destination.hasName
        ? try await client.loop.dial(name: address, port: port, until: deadline)
        : try await client.loop.dial(address, port: port, until: deadline)
      client.counters.countConnection()
      log("TCP connection to \(address) port \(port) is open")
      return SocketStream(adopting: socket)
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
      log("through \(jump.label)")
      return try await gateway.open(to: destination.address, port: destination.port)
    } catch {
      // A refusal to forward concerns this host, all other errors the jump host.
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
        "\"\(destination.address)\" is not an IPv4 or IPv6 address; write the number, names are not "
          + "looked up")
    case .unknownName:
      failure(.unreachable, activity, "the name \"\(destination.address)\" has no address")
    case .timedOut:
      failure(
        .timedOut, activity,
        "no answer within \(deadline.limitText): the host is down, or a firewall drops the packets")
    case .cancelled:
      failure(.cancelled, activity, "cancelled")
    case .system(let error) where error.isRefusal:
      failure(.refused, activity, "\(error): the host is up, but nothing listens on this port")
    case .system(let error):
      failure(.unreachable, activity, "\(error)")
    }
  }

  /// Exchanges keys; returns the host key that the host has proved to own.
  private func exchangeKeys(_ known: KnownHosts) async throws(SSHError) -> HostKey {
    let pinned = Set(destination.hostKeys.map { String($0.prefix { $0 != " " }) })
    try await openSession(
      preferring: HostKey.preference(
        known: pinned.isEmpty ? known.keyTypes(for: destination.knownName) : pinned))
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
        self.log("algorithms: \(session.agreedAlgorithms.joined(separator: ", "))")
        return session.hostKey
      }
    } catch  where error.code == .timedOut {
      throw failure(.timedOut, activity, silenceDetail(deadline))
    }
    guard let key = HostKey(blob: blob) else {
      throw failure(.handshakeFailed, activity, "the server's host key is not an SSH public key")
    }
    log("host key: \(key.type) \(key.fingerprint)")
    return key
  }

  private func check(
    _ key: HostKey, against known: KnownHosts, policy: Destination.HostKeyPolicy? = nil
  ) throws(SSHError) {
    let report = HostKeyReport(destination: destination, key: key)
    let activity = "checking the host key"
    let name = destination.knownName
    if let revocation = known.revocation(of: key, from: name) {
      throw failure(.hostKeyRevoked, activity, report.revoked(revocation))
    }
    guard destination.hostKeys.isEmpty else {
      guard destination.hostKeys.contains("\(key.type) \(key.base64)") else {
        throw failure(.hostKeyChanged, activity, report.notPinned)
      }
      return
    }
    switch known.check(key, from: name) {
    case .trusted:
      return
    case .unknown(let others):
      if others.isEmpty, (policy ?? destination.hostKeyPolicy) == .acceptNew,
        let new = newKey(key)
      {
        return try accept(new, activity)
      }
      throw failure(
        .hostKeyUnknown, activity,
        report.unknown(
          others: others, certificateAuthorities: known.certificateAuthorities(for: name)))
    case .changed(let entries):
      throw failure(.hostKeyChanged, activity, report.changed(entries))
    case .revoked(let entry):
      throw failure(.hostKeyRevoked, activity, report.revoked(entry))
    }
  }

  private func accept(_ new: NewHostKey, _ activity: String) throws(SSHError) {
    do {
      try client.knownHostsFiles.record([new], in: new.file)
    } catch {
      throw failure(
        .knownHostsUnreadable, activity, error.description)
    }
    destination.notice?(
      "\(destination.subject) is new; its key \(new.type) \(new.fingerprint) is recorded in \(new.file)"
    )
  }
}
