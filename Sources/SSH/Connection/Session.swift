internal import CLibSSH2
internal import Glibc

/// One libssh2 session on one stream: it is the only owner of both.
///
/// Its deinit may run on any thread: the last reference has no other user, and freeing a session with a
/// severed transport touches nothing but memory.
final class Session {
  let pointer: OpaquePointer
  let transport: Transport

  private init(adopting pointer: OpaquePointer, transport: Transport) {
    self.pointer = pointer
    self.transport = transport
  }

  /// A session that has not sent anything yet; nil if libssh2 has no memory for it, or supports none
  /// of the host key types.
  static func open(
    on rawStream: any RawStream, preferring hostKeyTypes: [String], counters: Counters
  ) -> Session? {
    let transport = Transport(rawStream, counters: counters)
    let abstract = Unmanaged.passUnretained(transport).toOpaque()
    guard let pointer = deploy_libssh2_session_init(abstract) else { return nil }
    libssh2_session_set_blocking(pointer, 0)
    deploy_libssh2_set_transport(
      pointer,
      { _, bytes, count, flags, abstract in
        guard let transport = Session.transport(abstract) else { return Int(-EPIPE) }
        return transport.send(UnsafeRawBufferPointer(start: bytes, count: count), flags: flags)
      },
      { _, buffer, size, flags, abstract in
        guard let transport = Session.transport(abstract), let buffer else {
          return Int(-ECONNRESET)
        }
        return transport.receive(into: buffer, size: size, flags: flags)
      })
    let session = Session(adopting: pointer, transport: transport)
    let types = hostKeyTypes.joined(separator: ",")
    let status = libssh2_session_method_pref(pointer, LIBSSH2_METHOD_HOSTKEY, types)
    return status == 0 ? session : nil
  }

  deinit {
    transport.sever()
    // Each open channel may return EAGAIN once while it is closed.
    var attempts = 0
    while libssh2_session_free(pointer) == LIBSSH2_ERROR_EAGAIN {
      attempts += 1
      precondition(attempts < 10_000, "This is a bug in deploy. A severed session still blocks.")
    }
  }

  /// libssh2 requires a descriptor but never uses it, because it sends and receives through the transport.
  var descriptor: Int32 { transport.key }

  /// The key that the server has proved to own; empty before the handshake.
  var hostKey: [UInt8] {
    var size = 0
    var type: Int32 = 0
    guard let key = libssh2_session_hostkey(pointer, &size, &type) else { return [] }
    return Array(UnsafeRawBufferPointer(start: key, count: size))
  }

  /// What libssh2 supports of a kind; of host keys, those that it is asked for.
  func algorithms(of kind: KeyExchangeOffer.Kind) -> [String] {
    let method: Int32
    switch kind {
    case .keyExchange: method = LIBSSH2_METHOD_KEX
    case .hostKey: return HostKey.supportedTypes
    case .cipher: method = LIBSSH2_METHOD_CRYPT_CS
    case .mac: method = LIBSSH2_METHOD_MAC_CS
    }
    var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    let count = libssh2_session_supported_algs(pointer, method, &names)
    guard count > 0, let names else { return [] }
    defer { libssh2_free(pointer, names) }
    return (0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } }
  }

  /// The algorithms that both sides use, after the handshake; those of this side's packets.
  var agreedAlgorithms: [String] {
    [
      LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_HOSTKEY, LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_MAC_CS,
    ].compactMap { libssh2_session_methods(pointer, $0).map { String(cString: $0) } }
  }

  /// libssh2's error text for the call that has just failed.
  var lastError: String? {
    var message: UnsafeMutablePointer<CChar>?
    guard libssh2_session_last_error(pointer, &message, nil, 0) != 0, let message else {
      return nil
    }
    return String(cString: message)
  }

  static func transport(
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Transport? {
    abstract?.pointee.map { Unmanaged<Transport>.fromOpaque($0).takeUnretainedValue() }
  }
}
