/// What both ends of a TLS connection are told.
enum TLSSettings {
  private static let protocols: [Argument] = ["TLSv1.2", "TLSv1.3"]

  /// For servers that browsers talk to: Mozilla's intermediate configuration without its finite
  /// field ciphers, https://wiki.mozilla.org/Security/Server_Side_TLS.
  ///
  /// - Parameter resuming: not where a site asks for certificates: nginx before 1.27.4 resumes a
  ///   session of one site for another, without asking again (CVE-2025-23419).
  static func forVisitors(resuming: Bool) -> Paragraph {
    Paragraph(
      "Named, because nginx before 1.23.4 offers no TLSv1.3 of its own accord."
        + (resuming
          ? "" : " No session is resumed, for it might be another site's that asks for nothing."),
      [
        Directive("ssl_protocols", arguments: protocols),
        Directive("ssl_ciphers", ciphers),
        Directive("ssl_ecdh_curve", "X25519:prime256v1:secp384r1"),
        Directive("ssl_prefer_server_ciphers", "off"),
      ]
        + (resuming
          ? [
            Directive("ssl_session_cache", "shared:deploy_visitors:10m"),
            Directive("ssl_session_timeout", "1d"),
          ] : [Directive("ssl_session_cache", "none")])
        + [Directive("ssl_session_tickets", "off")])
  }

  private static let ciphers: Argument = """
    ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
    """

  /// For servers that front-ends talk to.
  static let forFrontEnds = Paragraph(
    """
    A resumed session is not checked against the CA or a revocation again, so none is \
    resumed. TLSv1.3 is named, because nginx before 1.23.4 does not offer it of its own accord.
    """,
    [
      Directive("ssl_protocols", arguments: protocols),
      Directive("ssl_session_cache", "none"),
      Directive("ssl_session_tickets", "off"),
    ])

  /// For front-ends that talk to back-ends.
  static let towardsBackEnds = Paragraph(
    """
    A resumed session is not checked against the CA again, so none is resumed. TLSv1.3 is \
    named, because nginx before 1.23.4 does not offer it of its own accord.
    """,
    [
      Directive("proxy_ssl_protocols", arguments: protocols),
      Directive("proxy_ssl_session_reuse", "off"),
    ])
}
