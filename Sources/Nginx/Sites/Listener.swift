import Fleet

/// A TCP port on every address of a host, IPv4 and IPv6.
///
/// No listener is a `default_server`: the host's own nginx may have one on the same port, or a first server
/// that is the default implicitly.
struct Listener: Hashable, Sendable {
  var port: Port
  var isTLS: Bool

  func directives(for platform: Platform) -> [Directive] {
    var parameters: [Argument] = []
    if isTLS { parameters.append("ssl") }
    if isTLS, !platform.nginx.hasHTTP2Directive { parameters.append("http2") }
    let addresses: [Argument] = ["\(port)"] + (platform.hasIPv6 ? ["[::]:\(port)"] : [])
    return addresses.map { Directive("listen", arguments: [$0] + parameters) }
  }
}

extension [Listener] {
  /// The `listen` directives of a server.
  func paragraph(for platform: Platform, comment: String? = nil) -> Paragraph {
    var directives = flatMap { $0.directives(for: platform) }
    if platform.nginx.hasHTTP2Directive, contains(where: \.isTLS) {
      directives.append(Directive("http2", "on"))
    }
    return Paragraph(comment, directives)
  }
}
