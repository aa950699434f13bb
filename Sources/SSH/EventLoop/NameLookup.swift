internal import CLinux
internal import Files
internal import Glibc
internal import SystemPackage

/// Names of hosts and jump hosts, resolved outside the loop's thread because getaddrinfo(3) blocks.
extension EventLoop {
  /// Connects with TCP to a numeric address, or to the addresses of a name one after another.
  nonisolated(nonsending)
    func dial(name: String, port: UInt16, until deadline: Deadline) async throws(DialFailure)
    -> Descriptor
  {
    var addresses = try await self.addresses(of: name, until: deadline)[...]
    while let address = addresses.popFirst() {
      let remaining = ContinuousClock.now.duration(to: deadline.instant)
      let share = Deadline(after: remaining / (addresses.count + 1))
      do {
        return try await dial(address, port: port, until: addresses.isEmpty ? deadline : share)
      } catch {
        if case .cancelled = error { throw error }
        if addresses.isEmpty { throw error }
      }
    }
    throw .unknownName
  }

  nonisolated(nonsending)
    private func addresses(of name: String, until deadline: Deadline) async throws(DialFailure)
    -> [String]
  {
    let lookup: NameLookup
    do {
      lookup = try NameLookup.start(name)
    } catch {
      throw .system(error)
    }
    switch await wait(for: .reading, on: lookup.key, until: deadline) {
    case .timedOut: throw .timedOut
    case .cancelled: throw .cancelled
    case .ready: break
    }
    let addresses = lookup.addresses
    guard !addresses.isEmpty else { throw .unknownName }
    return addresses
  }
}

/// One getaddrinfo(3) on its own thread, which may outlive the task that waits for it.
private final class NameLookup: Sendable {
  private let name: String
  private let bell: Descriptor
  private let found = LockedValue<[String]>([])

  private init(_ name: String, bell: consuming Descriptor) {
    self.name = name
    self.bell = bell
  }

  static func start(_ name: String) throws(Errno) -> NameLookup {
    let bell = try Descriptor(adopting: eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)))
    let lookup = NameLookup(name, bell: bell)
    try DetachedThread.start { lookup.run() }
    return lookup
  }

  var key: WaitKey { bell.number }
  var addresses: [String] { found.withLock { $0 } }

  private func run() {
    let addresses = lookUp()
    found.withLock { $0 = addresses }
    var one: UInt64 = 1
    _ = write(bell.number, &one, MemoryLayout.size(ofValue: one))
  }

  private func lookUp() -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var entry = list
    while let this = entry {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(
        this.pointee.ai_addr, this.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
        NI_NUMERICHOST) == 0
      {
        let end = text.firstIndex(of: 0) ?? text.endIndex
        addresses.append(
          String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self))
      }
      entry = this.pointee.ai_next
    }
    return addresses
  }
}
