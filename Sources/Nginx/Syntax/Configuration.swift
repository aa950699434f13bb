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

/// The complete nginx configuration of one host, sorted by path; empty if the host has no site.
///
/// It does not contain the number of its release, so unchanged files stay identical.
///
/// - Parameters:
///   - hasIPv6: whether the host's kernel supports it.
///   - binding: the addresses of the host that connections to back-ends are bound to, because the host has others of
///     the same family.
///   - checksRevocation: whether the release has revocation lists.
///   - challenges: how front-ends prove the domains of ordered certificates.
package func configuration(
  for host: Host, in inventory: Inventory, nginx version: Version, hasIPv6: Bool = true,
  beside remains: CarriedOverSites = .none, binding: Set<IPAddress> = [],
  checksRevocation: Bool = false, challenges: ChallengeAnswers = .none
) -> [ConfigurationFile] {
  HostConfiguration(
    host: host, inventory: inventory, platform: Platform(nginx: version, hasIPv6: hasIPv6),
    remains: remains, binding: binding, checksRevocation: checksRevocation, challenges: challenges
  ).files
}

/// The `server_names_hash_bucket_size` of a release, if its names are longer than nginx's default
/// allows; nil if it is left out.
package func namesHashSize(for host: Host, in inventory: Inventory) -> Int? {
  let sites = inventory.sites(publishedBy: host.name).flatMap { [$0.domain] + $0.aliases }
  return namesHashSize(of: sites + inventory.sites(servedBy: host.name).map(\.domain))
}

/// A name and two pointers must fit in one bucket; nginx's default is 64 bytes.
private func namesHashSize(of names: [DomainName]) -> Int? {
  let longest = names.map(\.text.utf8.count).max() ?? 0
  let needed = (longest + 2 + 7) / 8 * 8 + 16
  guard needed > 64 else { return nil }
  return needed > 256 ? 512 : needed > 128 ? 256 : 128
}

/// The file that names a release, which is part of that release only.
package func releaseMarker(release number: ReleaseNumber) -> ConfigurationFile {
  ConfigurationFile(
    path: .marker,
    comment: """
      Made by deploy. Nothing is ever logged here: the nginx that holds this file open is the one \
      that serves this release, which no other file could prove.
      """,
    [Paragraph([Directive("access_log", "\(served: number)", "combined", "if=0")])])
}

private struct HostConfiguration {
  let host: Host
  let inventory: Inventory
  let platform: Platform
  let remains: CarriedOverSites
  let binding: Set<IPAddress>
  let checksRevocation: Bool
  let challenges: ChallengeAnswers

  private var published: SiteList {
    remains.roles.contains(.frontEnd) ? SiteList() : inventory.sites(publishedBy: host.name)
  }
  private var served: SiteList {
    remains.roles.contains(.backEnd) ? SiteList() : inventory.sites(servedBy: host.name)
  }

  var files: [ConfigurationFile] {
    let frontEnds = published.map { site in
      file(of: site, as: .frontEnd) {
        FrontEndSite(
          site: site, host: host, inventory: inventory, platform: platform, binding: binding,
          checksRevocation: checksRevocation, challenges: challenges
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
    let pages = published.compactMap(MaintenanceAnswer.file)
    return ([main(including: paths)] + sites + realAddresses + pages).sorted { $0.path < $1.path }
  }

  private func file(
    of site: Site, as role: Role, _ paragraphs: () -> [Paragraph]
  ) -> ConfigurationFile {
    ConfigurationFile(
      path: .configuration(of: site.domain, as: role),
      comment: """
        Made by deploy from \(inventory.file): site \(site.domain) on \(role.rawValue) \
        \(host.name) of fleet \(inventory.fleet). Manual changes are overwritten.
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
      !remains.paths.isEmpty || published.contains { $0.requests.webSockets }
      || served.contains { $0.requests.webSockets }
    let upgrade = upgrades ? [WebSockets.connectionUpgrade] : []
    let includes = Paragraph(sites.map { Directive("include", "\(installed: $0)") })
    return ConfigurationFile(
      path: .main,
      comment: """
        Made by deploy from \(inventory.file): host \(host.name) of fleet \
        \(inventory.fleet). Manual changes are overwritten.
        """, namesHash + format + upgrade + strays.paragraphs + status + [includes])
  }

  private var status: [Paragraph] {
    inventory.stubStatus.map { [StatusServer(status: $0, platform: platform).paragraph] } ?? []
  }

  private func ports(of site: Site) -> [Port] {
    Set(site.upstreams(on: host.name).map(\.port)).union(remains.ports[site.domain] ?? []).sorted()
  }

  /// A certificate for connections to no site; nil if the host publishes none. Until a site has one, it is the
  /// host's own.
  private var publicCertificate: [Directive]? {
    let remaining = remains.sites[.frontEnd]?.min()
    guard remaining != nil || !published.isEmpty else { return nil }
    return published.first { !challenges.unserved.contains($0.domain) }
      .map { FrontEndSite.certificateFiles(of: $0, challenges) }
      ?? remaining.map { FrontEndSite.installedFiles(of: $0) } ?? FrontEndSite.ownCertificate
  }

  private var namesHash: [Paragraph] {
    let names =
      published.flatMap { [$0.domain] + $0.aliases } + served.map(\.domain)
      + remains.sites.values.joined()
    guard let size = namesHashSize(of: names) else { return [] }
    return [
      Paragraph(
        "The names of the sites are longer than nginx allows by default.",
        [Directive("server_names_hash_bucket_size", "\(size)")])
    ]
  }
}
