import Fleet
internal import Inventories

/// The back-ends of a site, as its front-end names them.
extension FrontEndSite {
  var upstreamName: UpstreamName { UpstreamName(of: site.domain) }

  typealias Connection = (upstream: Upstream, ways: [EdgeAddresses])

  /// The ways to each back-end, the preferred one first.
  var connections: [Connection] {
    inventory.connections(of: site, from: host, binding: binding)
  }

  var upstream: Paragraph {
    let connections = connections
    let servers = connections.compactMap { upstream, ways in
      ways.first.map { server($0, upstream.parameters) }
    }
    let comment =
      site.upstreams.contains(where: \.isDrained)
      ? "A back-end that is down was drained: it gets no requests until \"deploy undrain\"." : nil
    let active = connections.filter { !$0.upstream.isDrained }
    return Paragraph([
      Directive(
        "upstream", "\(upstreamName)",
        block: [Paragraph(comment, servers)] + lastResort(active) + otherFamily(active)
          + [Paragraph([Directive("keepalive", "32")])])
    ])
  }

  private func server(_ connection: EdgeAddresses, _ parameters: [Argument]) -> Directive {
    var server = Directive("server", "\(host: connection.address):\(connection.port)")
    server.arguments += parameters
    return server
  }

  private func lastResort(_ connections: [Connection]) -> [Paragraph] {
    guard site.namesBackEndsTwice, !connections.isEmpty else { return [] }
    return [
      Paragraph(
        """
        A connection that a reload closes during a request counts as a failure, and after one failure \
        a back-end is not used for a while. If none is left, all of them are tried here.
        """,
        connections.compactMap { upstream, ways in
          ways.first.map { server($0, upstream.parametersOfLastResort) }
        })
    ]
  }

  /// The second addresses of back-ends. As further servers they would double the share of a back-end and the failures
  /// after which it is out; as backups they are used only if no first address answers.
  private func otherFamily(_ connections: [Connection]) -> [Paragraph] {
    let servers = connections.flatMap { upstream, ways in
      ways.dropFirst().map { server($0, upstream.parametersOfLastResort) }
    }
    guard !servers.isEmpty else { return [] }
    return [
      Paragraph("The same back-ends by their addresses of the other family.", servers)
    ]
  }
}
