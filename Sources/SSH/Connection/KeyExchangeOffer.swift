/// The algorithms that a server offers in its first packet, SSH_MSG_KEXINIT (RFC 4253, 7.1), which is
/// not encrypted.
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

  /// Number of bytes from the start of a connection that contain the packet of any server.
  static let longest = 8192

  private let lists: [Kind: [String]]

  /// Nil if the bytes do not contain such a packet, or not all of it.
  ///
  /// - Parameter opening: the first bytes from the server: lines, the last of which is its version, and then
  ///   the packet.
  init?(opening: [UInt8]) {
    guard let start = Self.packet(in: opening) else { return nil }
    var reader = WireReader(Array(opening[start...]))
    guard let length = reader.uint32(), length < Self.longest, reader.byte() != nil,
      reader.byte() == 20
    else { return nil }
    for _ in 0..<16 where reader.byte() == nil { return nil }
    // Ciphers and MACs to the server come before those from it; servers have the same for both.
    guard let keyExchange = reader.text(), let hostKey = reader.text(), let cipher = reader.text(),
      reader.string() != nil, let mac = reader.text()
    else { return nil }
    lists = [.keyExchange: keyExchange, .hostKey: hostKey, .cipher: cipher, .mac: mac]
      .mapValues { $0.split(separator: ",").map(String.init) }
  }

  /// What is offered of a kind, in the server's order.
  subscript(kind: Kind) -> [String] { lists[kind, default: []] }

  /// The packet behind the line with the server's version.
  private static func packet(in opening: [UInt8]) -> Int? {
    var start = 0
    while let end = opening[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if opening[start...].starts(with: "SSH-".utf8) { return end + 1 }
      start = end + 1
    }
    return nil
  }
}
