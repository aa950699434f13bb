import Fleet
internal import Inventories

/// One argument of a directive: text that nginx uses unchanged, with or without variables.
///
/// Its text is a literal of this program or a value whose type excludes `$`, because nginx
/// cannot escape a `$` where it expands variables.
struct Argument: Hashable, Sendable, ExpressibleByStringInterpolation {
  enum Piece: Hashable, Sendable {
    case text(String)
    case variable(Variable)
    /// The `$` that ends a regular expression.
    case patternEnd
  }

  let pieces: [Piece]

  /// Returns nil if the text contains a `$` or a null character, which nginx cannot represent.
  init?(text: String) {
    guard Self.isExpressible(text) else { return nil }
    self.pieces = [.text(text)]
  }

  init(stringLiteral literal: String) {
    precondition(
      Self.isExpressible(literal), "\(literal) is not a literal. This is a bug in deploy.")
    self.pieces = [.text(literal)]
  }

  init(stringInterpolation: StringInterpolation) {
    self.pieces = stringInterpolation.pieces
  }

  /// The names of PHP scripts, for a `location`, which expands no variables.
  static let phpScript = Argument(pieces: [.text("[^/][.]php"), .patternEnd])

  /// The path of a well-formed HTTP-01 challenge, at least 128 bits in base64url (RFC 8555, 8.3); it captures the token.
  static let challengePath = Argument(pieces: [
    .text("^/[.]well-known/acme-challenge/([A-Za-z0-9_-]{22,200})"), .patternEnd,
  ])

  /// Matches a name, with or without a final dot.
  static func pattern(of name: DomainName) -> Argument {
    let escaped = name.text.replacing(".", with: "[.]")
    return Argument(pieces: [.text("^\(escaped)[.]?"), .patternEnd])
  }

  /// Matches the bytes of the addresses in a range.
  static func pattern(of range: AddressRange) -> Argument {
    let bytes = range.address.bytes
    let (whole, bits) = range.prefixLength.quotientAndRemainder(dividingBy: 8)
    var text = "^" + bytes.prefix(whole).map(escaped).joined()
    if bits > 0 {
      let first = bytes[whole]
      text += "[\(escaped(first))-\(escaped(first | 0xFF >> UInt8(bits)))]"
    }
    let others = bytes.count - whole - (bits > 0 ? 1 : 0)
    if others > 0 { text += "[\(escaped(0))-\(escaped(0xFF))]{\(others)}" }
    return Argument(pieces: [.text(text), .patternEnd])
  }

  private static func escaped(_ byte: UInt8) -> String {
    "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private init(pieces: [Piece]) { self.pieces = pieces }

  private static func isExpressible(_ text: String) -> Bool {
    !text.utf8.contains { $0 == UInt8(ascii: "$") || $0 == 0 }
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      precondition(
        Argument.isExpressible(literal), "\(literal) is not a literal. This is a bug in deploy.")
      if !literal.isEmpty { pieces.append(.text(literal)) }
    }

    mutating func appendInterpolation(_ variable: Variable) {
      pieces.append(.variable(variable))
    }

    /// An address as it is written before a port.
    mutating func appendInterpolation(host address: IPAddress) {
      appendLiteral(address.inURL)
    }

    /// A file of the release that the host serves.
    mutating func appendInterpolation(installed path: ReleasePath) {
      appendLiteral(path.installed)
    }

    /// The file that proves which release is served.
    mutating func appendInterpolation(served release: ReleaseNumber) {
      appendLiteral(ReleasePath.served(byRelease: release))
    }

    /// Another argument, as a part of this one.
    mutating func appendInterpolation(_ argument: Argument) { pieces += argument.pieces }

    mutating func appendInterpolation(_ value: some ArgumentText) {
      appendLiteral(value.description)
    }
  }
}

/// A value whose text never contains a `$`.
protocol ArgumentText: CustomStringConvertible {}

extension DomainName: ArgumentText {}
extension HostName: ArgumentText {}
extension LogFile: ArgumentText {}
extension UpstreamName: ArgumentText {}
extension FileName: ArgumentText {}
extension RemotePath: ArgumentText {}
extension HeaderName: ArgumentText {}
extension HeaderValue: ArgumentText {}
extension ByteCount: ArgumentText {}
extension AddressRange: ArgumentText {}
extension Port: ArgumentText {}
extension Int: ArgumentText {}
extension AccountThumbprint: ArgumentText {}
extension Int64: ArgumentText {}

/// A variable of nginx.
struct Variable: Hashable, Sendable {
  let name: String

  private init(_ name: String) { self.name = name }

  /// What the first group of a regular expression matched.
  static let firstCapture = Variable("1")
  /// The address of a visitor in bytes, as nginx knows it behind a content network: 4 or 16.
  static let binaryRemoteAddress = Variable("binary_remote_addr")
  static let bodyBytesSent = Variable("body_bytes_sent")
  static let arguments = Variable("args")
  static let argumentsMark = Variable("is_args")
  static let clientCertificateSubject = Variable("ssl_client_s_dn")
  static let connectionUpgrade = Variable("deploy_connection_upgrade")
  static let contentLength = Variable("content_length")
  static let contentType = Variable("content_type")
  static let documentRoot = Variable("document_root")
  static let documentURI = Variable("document_uri")
  static let forwardedForWithClient = Variable("proxy_add_x_forwarded_for")
  static let host = Variable("host")
  static let queryString = Variable("query_string")
  static let realAddressHeader = Variable("http_x_real_ip")
  /// Set if one of several conditions refuses a request.
  static let refused = Variable("deploy_refused")
  static let refererHeader = Variable("http_referer")
  static let method = Variable("request_method")
  static let protocolVersion = Variable("server_protocol")
  static let scriptName = Variable("fastcgi_script_name")
  static let upgradeHeader = Variable("http_upgrade")
  static let upgrade = Variable("deploy_upgrade")
  static let uri = Variable("uri")
  static let remoteAddress = Variable("remote_addr")
  static let request = Variable("request")
  static let requestURI = Variable("request_uri")
  static let remoteUser = Variable("remote_user")
  static let scheme = Variable("scheme")
  /// The name that a TLS connection was opened for, as the client wrote it; empty if it named none.
  static let serverNameIndication = Variable("ssl_server_name")
  static let sessionReused = Variable("ssl_session_reused")
  static let status = Variable("status")
  static let timeLocal = Variable("time_local")
  static let userAgentHeader = Variable("http_user_agent")
}

extension IPAddress {
  /// In the order of the network.
  fileprivate var bytes: [UInt8] {
    func bytes(of bits: some FixedWidthInteger) -> [UInt8] {
      stride(from: bits.bitWidth - 8, through: 0, by: -8).map {
        UInt8(truncatingIfNeeded: bits >> $0)
      }
    }
    return switch self {
    case .v4(let bits): bytes(of: bits)
    case .v6(let bits): bytes(of: bits)
    }
  }
}
