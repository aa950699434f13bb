/// The TLS settings of both ends of a connection.
enum TLSSettings {
  private static let protocols: [Argument] = ["TLSv1.2", "TLSv1.3"]

  /// For servers that browsers talk to: Mozilla's intermediate configuration without its finite
  /// field ciphers, https://wiki.mozilla.org/Security/Server_Side_TLS.
  ///
  /// - Parameter resuming: false if a site asks for certificates: nginx before 1.27.4 resumes a
  ///   session of one site for another without asking for a certificate again (CVE-2025-23419).
  static func forVisitors(resuming: Bool) -> Paragraph {
    Paragraph(
      "TLSv1.3 is named because nginx before 1.23.4 does not offer it by default."
        + (resuming
          ? ""
          : " No session is resumed, because it could be one of a site that asks for no certificate."),
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

  /// For servers that front-ends connect to.
  static let forFrontEnds = Paragraph(
    """
    A resumed session is not checked against the CA or a revocation list again, so none is \
    resumed. TLSv1.3 is named because nginx before 1.23.4 does not offer it by default.
    """,
    [
      Directive("ssl_protocols", arguments: protocols),
      Directive("ssl_session_cache", "none"),
      Directive("ssl_session_tickets", "off"),
    ])

  /// For front-ends that connect to back-ends.
  static let towardsBackEnds = Paragraph(
    """
    A resumed session is not checked against the CA again, so none is resumed. TLSv1.3 is \
    named because nginx before 1.23.4 does not offer it by default.
    """,
    [
      Directive("proxy_ssl_protocols", arguments: protocols),
      Directive("proxy_ssl_session_reuse", "off"),
    ])
}
