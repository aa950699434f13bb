import Fleet
internal import Inventories

/// A site on a host that publishes it: nginx answers visitors and passes requests to the site's back-ends.
struct FrontEndSite {
  let site: Site
  /// The front-end.
  let host: Host
  let inventory: Inventory
  let platform: Platform
  /// The addresses of the host that connections to back-ends are bound to.
  let binding: Set<IPAddress>
  let checksRevocation: Bool
  let challenges: ChallengeAnswers

  var paragraphs: [Paragraph] {
    guard !challenges.unserved.contains(site.domain) else { return [withoutCertificate] }
    return [upstream, redirectToTLS] + (site.aliases.isEmpty ? [] : [redirectToDomain]) + [server]
  }

  private var redirectToTLS: Paragraph { plainServer(otherwise: redirect) }

  /// The site until its certificate is there.
  private var withoutCertificate: Paragraph {
    var server = plainServer(otherwise: Directive("return", "503"))
    server.comment =
      "The site has no certificate yet: it is ordered when all its front-ends answer challenges."
    return server
  }

  /// The server for requests without TLS.
  private func plainServer(otherwise directive: Directive) -> Paragraph {
    let names = Directive("server_name", arguments: ([site.domain] + site.aliases).map { "\($0)" })
    return Paragraph([
      Directive(
        "server",
        block: [[Listener(port: .http, isTLS: false)].paragraph(for: platform)]
          + challenges.content(of: site, [names], otherwise: directive)
          + shielding.realAddress + [logs])
    ])
  }

  private var redirectToDomain: Paragraph {
    let names = Directive("server_name", arguments: site.aliases.map { "\($0)" })
    let opening = [names] + openedForSite.otherwise(return: SiteServer.misdirected)
    return Paragraph([
      Directive(
        "server",
        block: [listenTLS] + challenges.content(of: site, opening, otherwise: redirect)
          + publicTLS + [logs])
    ])
  }

  private var server: Paragraph {
    Paragraph([
      Directive(
        "server",
        block: [
          [listenTLS, SiteServer.ownNameAlone(site.domain, openedFor: openedForSite)], publicTLS,
          SiteServer.bodySize(of: site), maintenance?.paragraphs ?? [],
          challenges.location(of: site), [location], snippet, [logs],
        ].flatMap(\.self))
    ])
  }

  /// Browsers reuse a connection to one name of a certificate for its other names (RFC 9113, 9.1.1).
  private var openedForSite: [Condition] {
    ([site.domain] + site.aliases).map { .isName(.serverNameIndication, $0) }
  }

  private var redirect: Directive {
    Directive("return", "301", "https://\(site.domain)\(.requestURI)")
  }

  private var listenTLS: Paragraph {
    [Listener(port: .https, isTLS: true)].paragraph(
      for: platform,
      comment: "No reuseport: a reload that changes the number of workers would drop connections.")
  }

  private var publicTLS: [Paragraph] {
    [
      Paragraph(Self.certificateFiles(of: site, challenges)),
      TLSSettings.forVisitors(resuming: !asksVisitorsForCertificates),
    ] + shielding.stapling + shielding.originPulls + shielding.realAddress + answerHeaders
  }

  private var shielding: Shielding { Shielding(site: site) }

  /// Whether this site or another one on the host asks: a session of one could be resumed for the other.
  private var asksVisitorsForCertificates: Bool {
    site.frontEnds.contains(where: inventory.asksVisitors)
  }

  /// The certificate for visitors, and its key.
  static func certificateFiles(of site: Site, _ challenges: ChallengeAnswers) -> [Directive] {
    switch site.certificate {
    case .files, .ca: installedFiles(of: site.domain)
    case .installed(let certificate, let key): filesOnHost(certificate, key)
    case .acme, .command:
      challenges.installed[site.domain].map { filesOnHost($0.certificate, $0.key) }
        ?? installedFiles(of: site.domain)
    }
  }

  private static func filesOnHost(_ certificate: RemotePath, _ key: RemotePath) -> [Directive] {
    [
      Directive("ssl_certificate", "\(certificate)"),
      Directive("ssl_certificate_key", "\(key)"),
    ]
  }

  /// The certificate files that are part of the release.
  static func installedFiles(of domain: DomainName) -> [Directive] {
    [
      Directive("ssl_certificate", "\(installed: .publicCertificate(of: domain))"),
      Directive("ssl_certificate_key", "\(installed: .publicKey(of: domain))"),
    ]
  }

  /// The certificate of the host itself.
  static let ownCertificate = [
    Directive("ssl_certificate", "\(installed: .certificate(for: .frontEnd))"),
    Directive("ssl_certificate_key", "\(installed: .key(for: .frontEnd))"),
  ]

  private var maintenance: MaintenanceAnswer? {
    site.maintenance.map {
      MaintenanceAnswer(
        site: site, maintenance: $0, answersChallenges: !challenges.location(of: site).isEmpty,
        headers: headers)
    }
  }

  private var headers: [Directive] {
    let strict = site.hstsMaxAge.map { age in
      Directive("add_header", "Strict-Transport-Security", "max-age=\(age.seconds)", "always")
    }
    return [strict].compactMap(\.self)
      + site.requests.headers.map { Directive("add_header", "\($0.name)", "\($0.value)", "always") }
  }

  private var answerHeaders: [Paragraph] {
    let headers = headers
    guard let first = headers.first else { return [] }
    let these =
      headers.count == 1
      ? "it, so it must be repeated there" : "these, so they must be repeated there"
    return [
      Paragraph(
        """
        Added to every response, including errors. A location with its own \(first.name) drops \
        \(these).
        """, headers)
    ]
  }

  private var location: Paragraph {
    Paragraph([
      Directive(
        "location", "/",
        block: [proxy] + sourceAddress + [
          frontEndIdentity, backEndIdentity, TLSSettings.towardsBackEnds, nextUpstream,
        ])
    ])
  }

  /// Left out if back-ends are reached from addresses of both families, of which nginx could bind only one.
  private var sourceAddress: [Paragraph] {
    let ways = connections.flatMap(\.ways)
    guard let source = ways.first?.source, binding.contains(source),
      ways.allSatisfy({ $0.source == source && $0.address.bitWidth == source.bitWidth })
    else { return [] }
    return [
      Paragraph(
        "The host has several addresses, and the back-ends accept only this one.",
        [Directive("proxy_bind", "\(host: source)")])
    ]
  }

  private var proxy: Paragraph {
    Paragraph(
      [
        Directive("proxy_pass", "https://\(upstreamName)"),
        Directive("proxy_http_version", "1.1"),
      ] + WebSockets.headers(isOn: site.requests.webSockets) + [
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
      The back-end is verified by the site's domain, because nginx compares no IP addresses, and sends \
      no name by default.
      """,
      [
        Directive("proxy_ssl_trusted_certificate", "\(installed: .trustBundle)"),
        Directive("proxy_ssl_verify", "on"),
        Directive("proxy_ssl_verify_depth", "1"),
        Directive("proxy_ssl_name", "\(site.domain)"),
        Directive("proxy_ssl_server_name", "on"),
      ]
        + (checksRevocation
          ? [Directive("proxy_ssl_crl", "\(installed: .revocationLists)")] : []))
  }

  private var nextUpstream: Paragraph {
    let timeouts = site.requests.timeouts
    // Zero would be no limit.
    let tries = max(
      1, connections.filter { !$0.upstream.isDrained }.flatMap(\.ways).count)
    return Paragraph(
      """
      A back-end that reloads closes idle connections, while a POST may be on its way in one: so a \
      POST without an answer is repeated too, but not after \(timeouts.nextUpstream)s, while nginx waits \
      \(timeouts.read.seconds)s for an answer: a request that a back-end is still working on is never \
      repeated.
      """,
      [Directive("proxy_connect_timeout", "\(timeouts.connect.seconds)s")]
        + timeouts.directives(for: "proxy") + [
          Directive(
            "proxy_next_upstream", "error", "timeout", "non_idempotent"),
          Directive("proxy_next_upstream_timeout", "\(timeouts.nextUpstream)s"),
        ]
        // A back-end that is named twice must not be tried twice.
        + (site.namesBackEndsTwice
          ? [Directive("proxy_next_upstream_tries", "\(tries)")] : []))
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

/// The name of a site's upstream block: unique in the fleet, and different from the user's own names.
struct UpstreamName: Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(of domain: DomainName) { description = "deploy_\(domain)" }
}
