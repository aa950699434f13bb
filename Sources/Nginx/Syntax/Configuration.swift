package import Fleet
package import Inventories

/// A text file of a release.
package struct ConfigurationFile: Hashable, Sendable {
  package var path: ReleasePath
  package var text: String

  package init(path: ReleasePath, text: String) {
    self.path = path
    self.text = text
  }

  init(path: ReleasePath, comment: String, _ paragraphs: [Paragraph]) {
    self.init(path: path, text: Writer.text(of: [Paragraph(comment, [])] + paragraphs))
  }
}

/// All of nginx's configuration on one host, sorted by path; empty where the host has no site.
///
/// Nothing in it says which release it belongs to, so what does not change stays the same bytes.
///
/// - Parameters:
///   - hasIPv6: whether the host's kernel has it.
///   - source: the address that connections to back-ends come from; nil where the host has no other, and
///     need not be told.
///   - checksRevocation: whether the release has revocation lists.
package func configuration(
  for host: Host, in inventory: Inventory, nginx version: Version, hasIPv6: Bool = true,
  beside remains: Remains = .none, from source: IPAddress? = nil, checksRevocation: Bool = false
) -> [ConfigurationFile] {
  HostConfiguration(
    host: host, inventory: inventory, platform: Platform(nginx: version, hasIPv6: hasIPv6),
    remains: remains, source: source, checksRevocation: checksRevocation
  ).files
}

/// The size that `server_names_hash_bucket_size` has in a release, for names that nginx does not take
/// otherwise; nil if it is left out.
package func namesHashSize(for host: Host, in inventory: Inventory) -> Int? {
  let sites = inventory.sites(publishedBy: host.name).flatMap { [$0.domain] + $0.aliases }
  return namesHashSize(of: sites + inventory.sites(servedBy: host.name).map(\.domain))
}

/// A name must fit in one bucket together with two pointers; nginx takes 64 bytes by itself.
private func namesHashSize(of names: [DomainName]) -> Int? {
  let longest = names.map(\.text.utf8.count).max() ?? 0
  let needed = (longest + 2 + 7) / 8 * 8 + 16
  guard needed > 64 else { return nil }
  return needed > 256 ? 512 : needed > 128 ? 256 : 128
}

/// The file that names a release, for the release's folder and for nowhere else.
package func releaseMarker(release number: Int) -> ConfigurationFile {
  ConfigurationFile(
    path: .marker,
    comment: """
      Made by deploy. Nothing is ever logged here: the nginx that has this file open is the one \
      that serves this release, which no file on the disk could prove.
      """,
    [Paragraph([Directive("access_log", "\(served: number)", "combined", "if=0")])])
}

private struct HostConfiguration {
  let host: Host
  let inventory: Inventory
  let platform: Platform
  let remains: Remains
  let source: IPAddress?
  let checksRevocation: Bool

  private var published: [Site] {
    remains.roles.contains(.frontEnd) ? [] : inventory.sites(publishedBy: host.name)
  }
  private var served: [Site] {
    remains.roles.contains(.backEnd) ? [] : inventory.sites(servedBy: host.name)
  }

  var files: [ConfigurationFile] {
    let frontEnds = published.map { site in
      file(of: site, as: .frontEnd) {
        FrontEndSite(
          site: site, inventory: inventory, platform: platform, source: source,
          checksRevocation: checksRevocation
        ).paragraphs
      }
    }
    let backEnds = served.map { site in
      file(of: site, as: .backEnd) {
        BackEndSite(
          site: site, ports: ports(of: site),
          admission: remains.admissions[site.domain] ?? .frontEnds(Set(site.frontEnds)),
          platform: platform, checksRevocation: checksRevocation
        ).paragraphs
      }
    }
    let sites = backEnds + frontEnds
    let paths = (sites.map(\.path) + remains.paths).sorted()
    guard !paths.isEmpty else { return [] }
    let realAddresses = RealAddress.files(for: published, in: inventory)
    return ([main(including: paths)] + sites + realAddresses).sorted { $0.path < $1.path }
  }

  private func file(
    of site: Site, as role: Role, _ paragraphs: () -> [Paragraph]
  ) -> ConfigurationFile {
    ConfigurationFile(
      path: .configuration(of: site.domain, as: role),
      comment: """
        Made by deploy from \(host.inventoryFile): site \(site.domain) on \(role.rawValue) \
        \(host.name) of fleet \(inventory.fleet). Changes made here are lost.
        """, paragraphs())
  }

  private func main(including sites: [ReleasePath]) -> ConfigurationFile {
    let ports = Set(served.flatMap(ports)).union(remains.ports.values.joined()).sorted()
    let strays = StrayServers(
      publicCertificate: publicCertificate,
      asksVisitors: remains.asksVisitors || published.contains { $0.originPulls != nil },
      mutualTLSPorts: ports, platform: platform, checksRevocation: checksRevocation)
    let format = ports.isEmpty ? [] : [Paragraph([BackEndLogFormat.definition])]
    let upgrades =
      !remains.paths.isEmpty || (published + served).contains { $0.requests.webSockets }
    let upgrade = upgrades ? [WebSockets.connectionUpgrade] : []
    let includes = Paragraph(sites.map { Directive("include", "\(installed: $0)") })
    return ConfigurationFile(
      path: .main,
      comment: """
        Made by deploy from \(host.inventoryFile): host \(host.name) of fleet \
        \(inventory.fleet). Changes made here are lost.
        """, namesHash + format + upgrade + strays.paragraphs + [includes])
  }

  private func ports(of site: Site) -> [Port] {
    Set(site.upstreams(on: host.name).map(\.port)).union(remains.ports[site.domain] ?? []).sorted()
  }

  private var publicCertificate: [Directive]? {
    published.first.map { FrontEndSite.certificateFiles(of: $0) }
      ?? remains.sites[.frontEnd]?.min().map { FrontEndSite.installedFiles(of: $0) }
  }

  private var namesHash: [Paragraph] {
    let names =
      published.flatMap { [$0.domain] + $0.aliases } + served.map(\.domain)
      + remains.sites.values.joined()
    guard let size = namesHashSize(of: names) else { return [] }
    return [
      Paragraph(
        "nginx does not take names as long as those of the sites otherwise.",
        [Directive("server_names_hash_bucket_size", "\(size)")])
    ]
  }
}
