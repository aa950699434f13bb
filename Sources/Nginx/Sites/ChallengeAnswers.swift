package import Fleet
package import Inventories

/// How the front-ends of a host prove to ACME servers that the fleet controls its domains (HTTP-01, RFC 8555, 8.3), and
/// which of its sites have no certificate yet.
///
/// The answer to a challenge is the token of the request and the thumbprint of the account's key. So every front-end
/// answers every challenge, whichever of them the server reaches, and no token is brought to a host.
package struct ChallengeAnswers: Hashable, Sendable {
  /// By account; an account without one has no key yet.
  package var thumbprints: [ACMEAccountName: AccountThumbprint]
  /// The sites that the host cannot serve over TLS, because it gets no certificate for them.
  package var unserved: Set<DomainName>
  /// The files on the host that serve a site until its certificate is ordered.
  package var installed: [DomainName: InstalledFiles] = [:]

  /// A certificate and its key that another program put on a host.
  package struct InstalledFiles: Hashable, Sendable {
    package var certificate: RemotePath
    package var key: RemotePath

    package init(certificate: RemotePath, key: RemotePath) {
      self.certificate = certificate
      self.key = key
    }
  }

  package init(
    thumbprints: [ACMEAccountName: AccountThumbprint] = [:], unserved: Set<DomainName> = []
  ) {
    self.thumbprints = thumbprints
    self.unserved = unserved
  }

  package static let none = ChallengeAnswers()

  /// The location that answers challenges for a site; nothing for a site whose certificate is not ordered.
  func location(of site: Site) -> [Paragraph] {
    guard let account = site.acme?.account, let thumbprint = thumbprints[account] else { return [] }
    let answer = Directive(
      "location", "~", .challengePath,
      block: [
        Paragraph([
          Directive("default_type", "text/plain"),
          Directive("return", "200", "\(.firstCapture).\(thumbprint)"),
        ])
      ])
    return [
      Paragraph(
        """
        Answers the challenges of the ACME account \(account) (RFC 8555, 8.3): the token of the request and \
        the thumbprint of the account's key.
        """,
        [
          Directive(
            "location", "^~", "/.well-known/acme-challenge/",
            block: [Paragraph([answer]), Paragraph([Directive("return", "404")])])
        ])
    ]
  }

  /// The content of a server that answers challenges, and does something else with all other requests.
  ///
  /// - Parameter names: the directives before it.
  func content(
    of site: Site, _ names: [Directive], otherwise directive: Directive
  ) -> [Paragraph] {
    let challenges = location(of: site)
    guard !challenges.isEmpty else { return [Paragraph(names + [directive])] }
    return [Paragraph(names)] + challenges + [
      Paragraph([Directive("location", "/", block: [Paragraph([directive])])])
    ]
  }
}
