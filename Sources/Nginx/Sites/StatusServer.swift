import Fleet
internal import Inventories

/// The server on which a host's nginx reports its connections, for an exporter (ngx_http_stub_status_module).
struct StatusServer {
  let status: StubStatus
  let platform: Platform

  var paragraph: Paragraph {
    Paragraph(
      "How many connections nginx has, for an exporter. The firewall is not opened for it.",
      [
        Directive(
          "server",
          block: [listen, Paragraph([Directive("access_log", "off")]), access, locations])
      ])
  }

  /// Every address, with and without `allow`: nginx cannot change between 127.0.0.1:PORT and *:PORT in a reload, because bind(2)
  /// of one fails while the other is bound.
  private var listen: Paragraph {
    [Listener(port: status.port, isTLS: false)].paragraph(for: platform)
  }

  private var access: Paragraph {
    let local: [Directive] =
      [Directive("allow", "127.0.0.1")] + (platform.hasIPv6 ? [Directive("allow", "::1")] : [])
    let others = status.allow.map { Directive("allow", "\($0)") }
    return Paragraph(local + others + [Directive("deny", "all")])
  }

  private var locations: Paragraph {
    Paragraph([
      Directive(
        "location", "=", "/stub_status", block: [Paragraph([Directive("stub_status")])]),
      Directive("location", "/", block: [Paragraph([Directive("return", "404")])]),
    ])
  }
}
