import Fleet

/// The servers for connections that name no site, so that they reach no site by accident.
struct StrayServers {
  /// The certificate files of the first site, if the host publishes sites.
  let publicCertificate: [Directive]?
  /// Whether a site published here asks visitors for certificates.
  let asksVisitors: Bool
  let mutualTLSPorts: [Port]
  let platform: Platform
  let checksRevocation: Bool

  /// A name that no visitor can use (RFC 2606), because two servers without a name would conflict.
  private static let name = Directive("server_name", "deploy.invalid")

  /// The first server is the one that names the release.
  var paragraphs: [Paragraph] {
    var servers = mutualTLSPorts.map(mutualTLS)
    if let publicCertificate {
      servers += [plain, visitors(certificate: publicCertificate)]
    }
    return servers.enumerated().map { position, server in
      Paragraph(
        server.comment, [Directive("server", block: server.block + logs(isFirst: position == 0))])
    }
  }

  private struct Server {
    var comment: String?
    var block: [Paragraph]
  }

  private func logs(isFirst: Bool) -> [Paragraph] {
    let own = Paragraph([Directive("access_log", "\(LogFile.strayAccess)", "combined")])
    let marker = Paragraph(
      "The name of the current release.", [Directive("include", "\(installed: .marker)")])
    return isFirst ? [own, marker] : [own]
  }

  private func mutualTLS(_ port: Port) -> Server {
    let listen = [Listener(port: port, isTLS: true)].paragraph(for: platform)
    let ownCertificate = [
      Directive("ssl_certificate", "\(installed: .certificate(for: .backEnd))"),
      Directive("ssl_certificate_key", "\(installed: .key(for: .backEnd))"),
    ]
    let refusal =
      platform.nginx.canRejectHandshakes
      ? Self.rejectedHandshake
      : [
        Paragraph(ownCertificate),
        BackEndSite.clientCertificates(checksRevocation: checksRevocation), Self.misdirected,
      ]
    return Server(
      comment: """
        Requests for no site of this host, unless the host's own nginx has a default server for them.
        """,
      block: [listen, Paragraph([Self.name]), TLSSettings.forFrontEnds] + refusal)
  }

  private var plain: Server {
    Server(
      comment: """
        Requests of visitors for no site of this host, unless the host's own nginx has a default \
        server for them.
        """,
      block: [
        [Listener(port: .http, isTLS: false)].paragraph(for: platform), Paragraph([Self.name]),
        Self.misdirected,
      ])
  }

  private func visitors(certificate: [Directive]) -> Server {
    let listen = [Listener(port: .https, isTLS: true)].paragraph(for: platform)
    let refusal =
      platform.nginx.canRejectHandshakes
      ? Self.rejectedHandshake : [Paragraph(certificate), Self.misdirected]
    return Server(
      block: [listen, Paragraph([Self.name]), TLSSettings.forVisitors(resuming: !asksVisitors)]
        + refusal)
  }

  /// A request can still reach this server, over another site's connection.
  private static let rejectedHandshake = [
    Paragraph([Directive("ssl_reject_handshake", "on")]), misdirected,
  ]

  private static let misdirected = Paragraph([
    Directive("return", "\(SiteServer.misdirected)")
  ])
}
