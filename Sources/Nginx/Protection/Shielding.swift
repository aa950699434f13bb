import Fleet
package import Inventories

/// The files with the addresses of the known networks that the sites of a front-end use, sorted by path.
package func realAddresses(ofKnownNetworksOn host: Host, in inventory: Inventory)
  -> [ConfigurationFile]
{
  let known = inventory.sites(publishedBy: host.name).filter { site in
    if case .known = site.network { true } else { false }
  }
  return RealAddress.files(for: known, in: inventory)
}

/// Renders the addresses of visitors behind a content network, for logs and for `X-Real-IP`.
enum RealAddress {
  /// A file for each network that a site of the host uses.
  static func files(for sites: some Sequence<Site>, in inventory: Inventory) -> [ConfigurationFile]
  {
    var files: [ReleasePath: ConfigurationFile] = [:]
    for site in sites {
      guard let network = site.network else { continue }
      let path = path(of: network, for: site)
      files[path] = ConfigurationFile(
        path: path, comment: comment(on: network, for: site, in: inventory),
        [Paragraph(directives(for: network, in: inventory))])
    }
    return files.values.sorted { $0.path < $1.path }
  }

  static func path(of network: ContentNetwork, for site: Site) -> ReleasePath {
    switch network {
    case .known(let network): .realAddress(of: network)
    case .listed: .realAddress(of: site.domain)
    }
  }

  private static func comment(
    on network: ContentNetwork, for site: Site, in inventory: Inventory
  ) -> String {
    let source =
      switch network {
      case .known(let network):
        "\(network.rawValue) as published on "
          + inventory.published(network).date
      case .listed: "the network in front of \(site.domain)"
      }
    return """
      Made by deploy: \(source). Only for connections from these addresses, the header names the \
      visitor.
      """
  }

  private static func directives(
    for network: ContentNetwork, in inventory: Inventory
  ) -> [Directive] {
    inventory.ranges(of: network).map { Directive("set_real_ip_from", "\($0)") }
      + [
        Directive("real_ip_header", "\(network.header)"), Directive("real_ip_recursive", "on"),
      ]
  }
}

/// The access rules for connections to a front-end, and the stapled status of its certificate.
struct Shielding {
  let site: Site

  var realAddress: [Paragraph] {
    site.network.map { network in
      [
        Paragraph([
          Directive("include", "\(installed: RealAddress.path(of: network, for: site))")
        ])
      ]
    } ?? []
  }

  var originPulls: [Paragraph] {
    guard site.originPulls != nil else { return [] }
    return [
      Paragraph(
        """
        Authenticated origin pulls: only clients with a certificate of this CA are answered. \
        The CA is the network's own and is trusted only here, never by back-ends.
        """,
        [
          Directive(
            "ssl_client_certificate", "\(installed: .originPullCA(of: site.domain))"),
          Directive("ssl_verify_client", "on"),
          Directive("ssl_verify_depth", "1"),
        ])
    ]
  }

  /// A response of the responder is valid for hours, so nginx rarely asks a name server.
  var stapling: [Paragraph] {
    guard let stapling = site.stapling else { return [] }
    let resolver = [
      Directive(
        "resolver",
        arguments: stapling.resolvers.map { "\(host: $0)" } + ["valid=300s"]),
      Directive("resolver_timeout", "5s"),
    ]
    guard site.originPulls == nil else {
      return [
        Paragraph(
          """
          nginx staples responses without checking them; visitors check them. The issuers \
          needed for a check would also be trusted to issue certificates for origin pulls.
          """, [Directive("ssl_stapling", "on")] + resolver)
      ]
    }
    return [
      Paragraph(
        [
          Directive("ssl_stapling", "on"),
          Directive("ssl_stapling_verify", "on"),
          Directive(
            "ssl_trusted_certificate", "\(installed: .staplingChain(of: site.domain))"),
        ] + resolver)
    ]
  }
}

/// Directives that are the same in every server of a site.
enum SiteServer {
  /// - Parameter openedFor: conditions, one of which holds for connections that were opened for the site.
  static func ownNameAlone(_ domain: DomainName, openedFor: [Condition]) -> Paragraph {
    Paragraph(
      "Connections that were opened for another site are refused here, and the other way round.",
      [Directive("server_name", "\(domain)")]
        + [.equals(.host, "\(domain)")].otherwise(return: misdirected)
        + openedFor.otherwise(return: misdirected))
  }

  /// RFC 9110, 15.5.20: clients repeat the request over another connection.
  static let misdirected = 421

  static func bodySize(of site: Site) -> [Paragraph] {
    site.requests.maxBodySize.map {
      [Paragraph([Directive("client_max_body_size", "\($0)")])]
    } ?? []
  }
}
