/// The algorithms that a server offers in its first packet, SSH_MSG_KEXINIT (RFC 4253, 7.1), as it comes
/// before anything is encrypted.
struct KeyExchangeOffer: Hashable {
  enum Kind: CaseIterable {
    case keyExchange, hostKey, cipher, mac

    var name: String {
      switch self {
      case .keyExchange: "key exchange"
      case .hostKey: "host key"
      case .cipher: "cipher"
      case .mac: "MAC"
      }
    }

    /// What sshd_config(5) calls the list.
    var setting: String {
      switch self {
      case .keyExchange: "KexAlgorithms"
      case .hostKey: "HostKeyAlgorithms"
      case .cipher: "Ciphers"
      case .mac: "MACs"
      }
    }
  }

  /// Bytes from the start of a connection that hold the packet of any server.
  static let longest = 8192

  private let lists: [Kind: [String]]

  /// Nil where the bytes have no such packet, or not all of it.
  ///
  /// - Parameter opening: what the server said first: lines, the last of which is its version, and then
  ///   the packet.
  init?(opening: [UInt8]) {
    guard let start = Self.packet(in: opening) else { return nil }
    var reader = WireReader(Array(opening[start...]))
    guard let length = reader.uint32(), length < Self.longest, reader.byte() != nil,
      reader.byte() == 20
    else { return nil }
    for _ in 0..<16 where reader.byte() == nil { return nil }
    // Ciphers and MACs to the server stand before those from it, which no server has different.
    guard let keyExchange = reader.text(), let hostKey = reader.text(), let cipher = reader.text(),
      reader.string() != nil, let mac = reader.text()
    else { return nil }
    lists = [.keyExchange: keyExchange, .hostKey: hostKey, .cipher: cipher, .mac: mac]
      .mapValues { $0.split(separator: ",").map(String.init) }
  }

  /// What is offered of a kind, in the server's order.
  subscript(kind: Kind) -> [String] { lists[kind, default: []] }

  /// Where the line with the server's version ends.
  private static func packet(in opening: [UInt8]) -> Int? {
    var start = 0
    while let end = opening[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if opening[start...].starts(with: "SSH-".utf8) { return end + 1 }
      start = end + 1
    }
    return nil
  }
}
