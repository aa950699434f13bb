internal import Inventories

/// One argument of a directive: text that nginx takes as it stands, with variables in it or not.
///
/// Text gets in as a literal of this program or as a value whose type excludes `$`, because nginx
/// has no way to write a `$` that is not a variable where it expands variables.
struct Argument: Hashable, Sendable, ExpressibleByStringInterpolation {
  enum Piece: Hashable, Sendable {
    case text(String)
    case variable(Variable)
  }

  let pieces: [Piece]

  /// Returns nil where the text holds a `$` or a null character, which nginx cannot be given.
  init?(text: String) {
    guard Self.isExpressible(text) else { return nil }
    self.pieces = [.text(text)]
  }

  init(stringLiteral literal: String) {
    precondition(Self.isExpressible(literal), "\(literal) is no literal. This is a bug in deploy.")
    self.pieces = [.text(literal)]
  }

  init(stringInterpolation: StringInterpolation) {
    self.pieces = stringInterpolation.pieces
  }

  private static func isExpressible(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0 == "$" || $0 == "\0" }
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      pieces += Argument(stringLiteral: literal).pieces
    }

    mutating func appendInterpolation(_ variable: Variable) {
      pieces.append(.variable(variable))
    }

    /// An address as it stands before a port.
    mutating func appendInterpolation(host address: IPAddress) {
      pieces += Argument(stringLiteral: address.inURL).pieces
    }

    /// A file of the release that the host serves.
    mutating func appendInterpolation(installed path: ReleasePath) {
      pieces += Argument(stringLiteral: path.installed).pieces
    }

    /// The file that proves which release is served.
    mutating func appendInterpolation(served release: Int) {
      pieces += Argument(stringLiteral: ReleasePath.served(byRelease: release)).pieces
    }

    mutating func appendInterpolation(_ value: some ArgumentText) {
      pieces += Argument(stringLiteral: value.description).pieces
    }
  }
}

/// A value whose text never holds a `$`.
protocol ArgumentText: CustomStringConvertible {}

extension DomainName: ArgumentText {}
extension LogFile: ArgumentText {}
extension UpstreamName: ArgumentText {}
extension FileName: ArgumentText {}
extension RemotePath: ArgumentText {}
extension Port: ArgumentText {}
extension Int: ArgumentText {}
extension Int64: ArgumentText {}

/// A variable of nginx.
struct Variable: Hashable, Sendable {
  let name: String

  private init(_ name: String) { self.name = name }

  static let bodyBytesSent = Variable("body_bytes_sent")
  static let clientCertificateSubject = Variable("ssl_client_s_dn")
  static let forwardedForWithClient = Variable("proxy_add_x_forwarded_for")
  static let host = Variable("host")
  static let realAddressHeader = Variable("http_x_real_ip")
  static let refererHeader = Variable("http_referer")
  static let remoteAddress = Variable("remote_addr")
  static let request = Variable("request")
  static let requestURI = Variable("request_uri")
  static let remoteUser = Variable("remote_user")
  static let scheme = Variable("scheme")
  static let status = Variable("status")
  static let timeLocal = Variable("time_local")
  static let userAgentHeader = Variable("http_user_agent")
}
