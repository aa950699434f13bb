import Fleet
internal import Inventories

/// The server on which a host's nginx reports its connections, for an exporter (ngx_http_stub_status_module).
struct StatusServer {
  let status: StubStatus
  let platform: Platform

  var paragraph: Paragraph {
    Paragraph(
      status.allow.isEmpty
        ? "How many connections nginx has, for an exporter on this host."
        : "How many connections nginx has, for an exporter. The firewall is not opened for it.",
      [
        Directive(
          "server",
          block: [listen, Paragraph([Directive("access_log", "off")])] + access + [locations])
      ])
  }

  private var listen: Paragraph {
    status.allow.isEmpty
      ? Paragraph([Directive("listen", "127.0.0.1:\(status.port)")])
      : [Listener(port: status.port, isTLS: false)].paragraph(for: platform)
  }

  private var access: [Paragraph] {
    guard !status.allow.isEmpty else { return [] }
    let local: [Directive] =
      [Directive("allow", "127.0.0.1")] + (platform.hasIPv6 ? [Directive("allow", "::1")] : [])
    return [
      Paragraph(
        local + status.allow.map { Directive("allow", "\($0)") } + [Directive("deny", "all")])
    ]
  }

  private var locations: Paragraph {
    Paragraph([
      Directive(
        "location", "=", "/stub_status", block: [Paragraph([Directive("stub_status")])]),
      Directive("location", "/", block: [Paragraph([Directive("return", "404")])]),
    ])
  }
}
