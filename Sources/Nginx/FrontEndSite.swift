internal import Inventories

/// A site on a host that publishes it: nginx answers visitors and asks the site's back-ends.
struct FrontEndSite {
  let site: Site
  let inventory: Inventory
  let version: Version

  var paragraphs: [Paragraph] {
    [upstream, redirectToTLS] + (site.aliases.isEmpty ? [] : [redirectToDomain]) + [server]
  }

  private var upstreamName: UpstreamName { UpstreamName(of: site.domain) }

  private var upstream: Paragraph {
    let servers = site.upstreams.map { upstream in
      guard let host = inventory.host(named: upstream.host) else {
        preconditionFailure("\(upstream.host) is no host. This is a bug in deploy.")
      }
      var server = Directive("server", "\(host: host.address):\(upstream.port)")
      if upstream.weight != 1 { server.arguments.append("weight=\(upstream.weight)") }
      return server
    }
    return Paragraph([
      Directive(
        "upstream", "\(upstreamName)",
        block: [Paragraph(servers), Paragraph([Directive("keepalive", "32")])])
    ])
  }

  private var redirectToTLS: Paragraph {
    let names = Directive("server_name", arguments: ([site.domain] + site.aliases).map { "\($0)" })
    return Paragraph([
      Directive(
        "server",
        block: [
          [Listener(port: .http, isTLS: false)].paragraph(for: version),
          Paragraph([names, redirect]), logs,
        ])
    ])
  }

  private var redirectToDomain: Paragraph {
    let names = Directive("server_name", arguments: site.aliases.map { "\($0)" })
    return Paragraph([
      Directive(
        "server",
        block: [[listenTLS, Paragraph([names, redirect])], publicTLS, [logs]].flatMap(\.self))
    ])
  }

  private var server: Paragraph {
    let name = Paragraph([Directive("server_name", "\(site.domain)")])
    return Paragraph([
      Directive(
        "server",
        block: [[listenTLS, name], publicTLS, [location], snippet, [logs]].flatMap(\.self))
    ])
  }

  private var redirect: Directive {
    Directive("return", "301", "https://\(site.domain)\(.requestURI)")
  }

  private var listenTLS: Paragraph {
    [Listener(port: .https, isTLS: true)].paragraph(
      for: version,
      comment: "No reuseport: a reload that changes the number of workers would drop connections.")
  }

  private var publicTLS: [Paragraph] {
    [Paragraph(Self.certificateFiles(of: site)), TLSSettings.forVisitors]
      + strictTransportSecurity
  }

  /// The certificate that visitors see, and its key.
  static func certificateFiles(of site: Site) -> [Directive] {
    switch site.certificate {
    case .files, .authority: installedFiles(of: site.domain)
    case .installed(let certificate, let key):
      [
        Directive("ssl_certificate", "\(certificate)"),
        Directive("ssl_certificate_key", "\(key)"),
      ]
    }
  }

  /// Those that are part of the release.
  static func installedFiles(of domain: DomainName) -> [Directive] {
    [
      Directive("ssl_certificate", "\(installed: .publicCertificate(of: domain))"),
      Directive("ssl_certificate_key", "\(installed: .publicKey(of: domain))"),
    ]
  }

  private var strictTransportSecurity: [Paragraph] {
    site.hstsMaxAge.map { age in
      [
        Paragraph(
          """
          On every answer, errors too. A location that has an add_header of its own loses this \
          one and must repeat it.
          """,
          [
            Directive(
              "add_header", "Strict-Transport-Security", "max-age=\(age.seconds)", "always")
          ])
      ]
    } ?? []
  }

  private var location: Paragraph {
    Paragraph([
      Directive(
        "location", "/",
        block: [
          proxy, frontEndIdentity, backEndIdentity, TLSSettings.towardsBackEnds, nextUpstream,
        ])
    ])
  }

  private var proxy: Paragraph {
    Paragraph([
      Directive("proxy_pass", "https://\(upstreamName)"),
      Directive("proxy_http_version", "1.1"),
      Directive("proxy_set_header", "Connection", ""),
      Directive("proxy_set_header", "Host", "\(.host)"),
      Directive("proxy_set_header", "X-Real-IP", "\(.remoteAddress)"),
      Directive("proxy_set_header", "X-Forwarded-For", "\(.forwardedForWithClient)"),
      Directive("proxy_set_header", "X-Forwarded-Proto", "\(.scheme)"),
    ])
  }

  private var frontEndIdentity: Paragraph {
    Paragraph([
      Directive("proxy_ssl_certificate", "\(installed: .certificate(for: .frontEnd))"),
      Directive("proxy_ssl_certificate_key", "\(installed: .key(for: .frontEnd))"),
    ])
  }

  private var backEndIdentity: Paragraph {
    Paragraph(
      """
      The back-end is known by the site's domain: nginx compares no IP addresses, and sends no \
      name unless told to.
      """,
      [
        Directive("proxy_ssl_trusted_certificate", "\(installed: .trustBundle)"),
        Directive("proxy_ssl_verify", "on"),
        Directive("proxy_ssl_verify_depth", "1"),
        Directive("proxy_ssl_name", "\(site.domain)"),
        Directive("proxy_ssl_server_name", "on"),
      ])
  }

  private var nextUpstream: Paragraph {
    Paragraph(
      """
      A back-end that reloads closes idle connections, and a POST may be on its way in one: so a \
      POST is tried again too. It is not after 30s, while nginx waits 60s for an answer: what a \
      back-end is still working on is never asked of another.
      """,
      [
        Directive("proxy_connect_timeout", "5s"),
        Directive("proxy_next_upstream", "error", "timeout", "http_503", "non_idempotent"),
        Directive("proxy_next_upstream_timeout", "30s"),
      ])
  }

  private var snippet: [Paragraph] {
    guard site.snippets.frontEnd != nil else { return [] }
    return [
      Paragraph([Directive("include", "\(installed: .snippet(of: site.domain, as: .frontEnd))")])
    ]
  }

  private var logs: Paragraph {
    Paragraph([
      Directive("access_log", "\(LogFile.access(of: site, as: .frontEnd))", "combined"),
      Directive("error_log", "\(LogFile.error(of: site, as: .frontEnd))"),
    ])
  }
}

/// The name of a site's upstream block: unique in the fleet, and apart from the user's own.
struct UpstreamName: Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(of domain: DomainName) { description = "deploy_\(domain)" }
}
