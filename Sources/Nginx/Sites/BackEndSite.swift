import Fleet
internal import Inventories

/// A site on a host that serves it: nginx answers only front-ends of the fleet.
struct BackEndSite {
  let site: Site
  /// Several while the site moves from one port to another.
  let ports: [Port]
  let admission: Admission
  let platform: Platform
  let checksRevocation: Bool

  var paragraphs: [Paragraph] { [Paragraph([Directive("server", block: server)])] }

  private var server: [Paragraph] {
    [
      listen, ownNameAlone, identity,
      Self.clientCertificates(checksRevocation: checksRevocation),
      TLSSettings.forFrontEnds, Self.fullHandshakes,
    ] + ownFrontEndsAlone + [Self.refusal, Self.relativeRedirects]
      + SiteServer.bodySize(of: site) + content + [snippet, logs].compactMap(\.self)
  }

  private var listen: Paragraph {
    ports.map { Listener(port: $0, isTLS: true) }.paragraph(
      for: platform,
      comment: "No reuseport: a reload that changes the number of workers would drop connections.")
  }

  /// Front-ends always name the site, and exactly in this form.
  private var ownNameAlone: Paragraph {
    SiteServer.ownNameAlone(
      site.domain, openedFor: [.equals(.serverNameIndication, "\(site.domain)")])
  }

  /// Every client certificate of the CA passes the TLS handshake, including those of other sites' front-ends.
  private var ownFrontEndsAlone: [Paragraph] {
    guard case .frontEnds(let names) = admission else { return [] }
    let conditions = names.sortedByText().map {
      Condition.equals(.clientCertificateSubject, "CN=\($0)")
    }
    return [
      Paragraph(
        "Only front-ends of this site, by the subjects of their certificates.",
        conditions.otherwise(return: Self.closing))
    ]
  }

  private var identity: Paragraph {
    Paragraph([
      Directive("ssl_certificate", "\(installed: .certificate(for: .backEnd))"),
      Directive("ssl_certificate_key", "\(installed: .key(for: .backEnd))"),
    ])
  }

  static func clientCertificates(checksRevocation: Bool) -> Paragraph {
    Paragraph(
      [
        Directive("ssl_client_certificate", "\(installed: .trustBundle)"),
        Directive("ssl_verify_client", "on"),
        Directive("ssl_verify_depth", "1"),
      ]
        + (checksRevocation ? [Directive("ssl_crl", "\(installed: .revocationLists)")] : []))
  }

  private var content: [Paragraph] {
    switch site.service.content {
    case .files(let root, let index):
      [Paragraph([Directive("root", "\(root)"), Directive("index", "\(index)")])]
    case .proxy(let application):
      [Paragraph([Directive("location", "/", block: [proxy(to: application)])])]
    case .fastCGI(let application, let root, let index):
      FastCGI(site: site, application: application, root: root, index: index).paragraphs
    }
  }

  private func proxy(to application: LocalApplication) -> Paragraph {
    let webSockets =
      site.requests.webSockets
      ? [Directive("proxy_http_version", "1.1")] + WebSockets.headers(isOn: true) : []
    return Paragraph(
      "X-Real-IP, X-Forwarded-For and X-Forwarded-Proto pass as the front-end set them.",
      [Directive("proxy_pass", "http://\(application.target)")] + webSockets
        + [
          Directive("proxy_set_header", "Host", "\(.host)"), Directive("proxy_redirect", "default"),
        ]
        + application.ownNames.map { Directive("proxy_redirect", $0, "/") }
        + site.requests.timeouts.directives(for: "proxy"))
  }

  /// nginx's own redirects would name the port for front-ends, at which visitors get no answer.
  private static let relativeRedirects = Paragraph(
    "Redirects name no scheme, host and port, because those of the back-end are not the visitor's.",
    [Directive("absolute_redirect", "off")])

  /// Session resumption depends on the port's default server: for connections to one address
  /// only, or in a release between two, that may be one of the host's own.
  private static let fullHandshakes = Paragraph(
    "A session that was resumed with another server's settings is refused, as without a certificate.",
    [
      Directive(
        "if", "(\(.sessionReused)", "=", "r)",
        block: [Paragraph([Directive("return", "\(closing)")])])
    ])

  /// nginx's own status for closing without an answer. Any other status an application may send too, and a
  /// front-end could not know which requests were carried out; nginx's 400 would be passed on to the visitor.
  private static let closing = 444

  private static let refusal = Paragraph(
    """
    A certificate that is missing or not trusted gets no answer, so the front-end tries the next \
    back-end. A request that got an answer is never repeated.
    """,
    [
      Directive("error_page", "495", "496", "@deploy_refused"),
      Directive(
        "location", "@deploy_refused", block: [Paragraph([Directive("return", "\(closing)")])]),
    ])

  private var snippet: Paragraph? {
    site.snippets.backEnd.map { _ in
      Paragraph([Directive("include", "\(installed: .snippet(of: site.domain, as: .backEnd))")])
    }
  }

  private var logs: Paragraph {
    Paragraph([
      Directive("access_log", "\(LogFile.access(of: site, as: .backEnd))", BackEndLogFormat.name),
      Directive("error_log", "\(LogFile.error(of: site, as: .backEnd))"),
    ])
  }
}

extension LocalApplication {
  /// The names that an application may use for itself in a redirect, besides the address that nginx uses: plain
  /// HTTP and its own port are only known on the back-end.
  fileprivate var ownNames: [Argument] {
    guard case .tcp(let address, let port) = self else { return ["http://\(.host)/"] }
    return ["http://\(.host)/", "http://\(.host):\(port)/"]
      + (address.isLoopback ? ["http://localhost:\(port)/"] : [])
  }
}
