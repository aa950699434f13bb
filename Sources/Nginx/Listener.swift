internal import Inventories

/// A TCP port on every address of a host, IPv4 and IPv6.
struct Listener: Hashable, Sendable {
  var port: Port
  var isTLS: Bool
  /// Whether the server takes the connections that name no other server.
  var isDefault = false

  func directives(for version: Version) -> [Directive] {
    var parameters: [Argument] = []
    if isTLS { parameters.append("ssl") }
    if isTLS, !version.hasHTTP2Directive { parameters.append("http2") }
    if isDefault { parameters.append("default_server") }
    let addresses: [Argument] = ["\(port)", "[::]:\(port)"]
    return addresses.map { Directive("listen", arguments: [$0] + parameters) }
  }
}

extension [Listener] {
  /// All that a server says of where it listens.
  func paragraph(for version: Version, comment: String? = nil) -> Paragraph {
    var directives = flatMap { $0.directives(for: version) }
    if version.hasHTTP2Directive, contains(where: \.isTLS) {
      directives.append(Directive("http2", "on"))
    }
    return Paragraph(comment, directives)
  }
}
