internal import Files
internal import Glibc
internal import SystemPackage

/// Non-blocking connections, made on the loop's thread.
extension EventLoop {
  /// Why a connection attempt failed.
  enum DialFailure: Error {
    case invalidAddress
    case unknownName
    case system(Errno)
    case timedOut
    case cancelled
  }

  /// Waits for a short random time if many connections are opened at once, so that no firewall, switch
  /// or sshd sees all of them in one instant: at most a millisecond for each.
  nonisolated(nonsending) func scatter(among count: Int) async throws(DialFailure) {
    guard count > 1 else { return }
    let moment = Duration.microseconds(Int.random(in: 0...min(count, 200) * 1000))
    let wakeup = await wait(for: .reading, on: issueKey(), until: Deadline(after: moment))
    if wakeup == .cancelled { throw .cancelled }
  }

  /// Connects with TCP to a numeric address.
  nonisolated(nonsending)
    func dial(_ address: String, port: UInt16, until deadline: Deadline) async throws(DialFailure)
    -> Descriptor
  {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, String(port), &hints, &list) == 0, let list else {
      throw .invalidAddress
    }
    defer { freeaddrinfo(list) }
    let socket = try open(list.pointee.ai_family)
    configure(socket)
    let answer = connect(socket.number, list.pointee.ai_addr, list.pointee.ai_addrlen)
    if answer != 0 && errno != EINPROGRESS { throw .system(.current) }
    if answer == 0 { return socket }

    switch await wait(for: .writing, on: socket.number, until: deadline) {
    case .timedOut: throw .timedOut
    case .cancelled: throw .cancelled
    case .ready: break
    }
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &failure, &size)
    guard failure == 0 else { throw .system(Errno(rawValue: failure)) }
    return socket
  }

  /// A peer that is silent for 5 seconds gets keepalives, so that a wait for a lost peer
  /// ends within `secondsUntilLost`, however long a live peer may take to answer.
  private func configure(_ socket: borrowing Descriptor) {
    let secondsUntilLost: Int32 = 20
    let tcp = Int32(IPPROTO_TCP)
    for (level, name, value) in [
      (tcp, TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1),
      (tcp, TCP_KEEPIDLE, 5), (tcp, TCP_KEEPINTVL, 5), (tcp, TCP_KEEPCNT, 3),
      // Limits the time for unacknowledged data, to which the keepalive does not apply.
      (tcp, TCP_USER_TIMEOUT, secondsUntilLost * 1000),
    ] as [(Int32, Int32, Int32)] {
      var value = value
      setsockopt(socket.number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  /// Connects to a Unix socket; the kernel does this at once or not at all.
  func dial(path: String) throws(DialFailure) -> Descriptor {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .invalidAddress }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let socket = try open(AF_UNIX)
    let answer = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard answer == 0 else { throw .system(.current) }
    return socket
  }

  private func open(_ family: Int32) throws(DialFailure) -> Descriptor {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    do {
      return try Descriptor(adopting: socket(family, Int32(type), 0))
    } catch {
      throw .system(error)
    }
  }
}
