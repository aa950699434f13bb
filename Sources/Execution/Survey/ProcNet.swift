import Algorithms
import Fleet
import State

/// Parses lines of the files in /proc/net (proc(5)).
enum ProcNet {
  /// A line of `tcp`, `udp` or `raw`, or of `tcp6`, `udp6` or `raw6`.
  struct Socket: Equatable {
    let address: String
    /// The port; for raw sockets, the protocol.
    let port: Int
    /// The address of the peer.
    let peer: String

    init(_ line: String, of word: String) throws(ConversationFault) {
      let columns = ProcNet.columns(line)
      guard columns.count >= 10, let (address, port) = Self.place(columns[1]),
        let (peer, _) = Self.place(columns[2])
      else { throw .unexpected("\(word) \(line)", "which is not a line of /proc/net/tcp") }
      (self.address, self.port, self.peer) = (address, port, peer)
    }

    private static func place(_ text: Substring) -> (String, Int)? {
      let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        .map { Substring($0) }
      guard parts.count == 2, parts[1].utf8.count == 4, let port = UInt16(parts[1], radix: 16),
        let address = ProcNet.address(parts[0])
      else { return nil }
      return (address, Int(port))
    }
  }

  /// An address of the host from a leaf of `fib_trie`; nil for one that other hosts cannot use.
  static func localAddress(_ line: String, of word: String) throws(ConversationFault) -> String? {
    let columns = columns(line)
    guard columns.count == 2, columns[0] == "|--" else {
      throw .unexpected("\(word) \(line)", "which is not a leaf of /proc/net/fib_trie")
    }
    let address = try HostValues.address(String(columns[1]), of: word)
    return address.hasPrefix("127.") || address.hasPrefix("169.254.") ? nil : address
  }

  /// The address from a line of `if_inet6`, which has no colons there.
  static func address6(_ line: String, of word: String) throws(ConversationFault) -> String {
    let digits = columns(line).first ?? ""
    guard digits.utf8.count == 32, digits.utf8.allSatisfy(isHexadecimal) else {
      throw .unexpected("\(word) \(line)", "which is not a line of /proc/net/if_inet6")
    }
    return try HostValues.address(digits.chunks(ofCount: 4).joined(separator: ":"), of: word)
  }

  /// A line of `route`: the interface, destination and gateway, four numbers of which the last is the metric,
  /// and the mask.
  static func route(
    _ line: String, of word: String
  ) throws(ConversationFault) -> HostSurroundings.Route {
    let columns = columns(line)
    guard columns.count >= 8, columns[7].utf8.count == 8, let mask = UInt32(columns[7], radix: 16),
      columns[1].utf8.count == 8, let network = address(columns[1]),
      columns[2].utf8.count == 8, let gateway = address(columns[2])
    else { throw .unexpected("\(word) \(line)", "which is not a line of /proc/net/route") }
    return HostSurroundings.Route(
      network: "\(network)/\(mask.nonzeroBitCount)",
      gateway: gateway == "0.0.0.0" ? nil : gateway,
      metric: try HostValues.integer(columns[6], in: 0...Int(UInt32.max), of: word))
  }

  /// An address in the form of `/proc/net/tcp`: words of 32 bits in the byte order of the host, which is
  /// assumed to be little-endian (all architectures except s390x).
  static func address(_ digits: some StringProtocol) -> String? {
    guard [8, 32].contains(digits.utf8.count), digits.utf8.allSatisfy(isHexadecimal) else {
      return nil
    }
    let bytes = digits.chunks(ofCount: 2).compactMap { UInt8($0, radix: 16) }
    let ordered = bytes.chunks(ofCount: 4).flatMap { $0.reversed() }
    // An IPv4 connection to a socket for both families (RFC 4291, 2.5.5.2).
    let isMapped =
      ordered.count == 16 && ordered[..<10].allSatisfy { $0 == 0 }
      && ordered[10..<12] == [0xFF, 0xFF]
    if ordered.count == 4 || isMapped {
      return ordered.suffix(4).map { String($0) }.joined(separator: ".")
    }
    return ordered.chunks(ofCount: 2)
      .map { String($0.reduce(UInt16(0)) { $0 << 8 | UInt16($1) }, radix: 16) }
      .joined(separator: ":")
  }

  /// A port as `/proc/net/tcp` writes it.
  static func digits(of port: Port) -> String { hexadecimal(port.number) }

  /// An address as `/proc/net/tcp` and `/proc/net/tcp6` write it, for a host like those of ``address(_:)``.
  static func digits(of address: IPAddress) -> [String] {
    func words(_ bytes: [UInt8]) -> String {
      bytes.chunks(ofCount: 4).flatMap { $0.reversed() }.map(hexadecimal).joined()
    }
    switch address {
    case .v4(let bits):
      let own = bytes(of: bits)
      // A socket for both families has IPv4 connections too (RFC 4291, 2.5.5.2).
      return [words(own), words([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + own)]
    case .v6(let bits): return [words(bytes(of: bits))]
    }
  }

  /// From the highest to the lowest.
  private static func bytes(of bits: some FixedWidthInteger) -> [UInt8] {
    stride(from: bits.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: bits >> $0)
    }
  }

  private static func hexadecimal(_ number: some FixedWidthInteger) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: number.bitWidth / 4 - digits.utf8.count) + digits
  }

  private static func columns(_ line: String) -> [Substring] {
    line.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { Substring($0) }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }
}
