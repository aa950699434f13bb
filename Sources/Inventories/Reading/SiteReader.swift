internal import Diagnostics
import Fleet
internal import Schema
internal import YAML

/// A site as written in the inventory: each part that could be read, with its place.
struct DeclaredSite {
  var domain: Placed<DomainName>?
  var aliases: [Placed<DomainName>] = []
  var frontEnds: [Placed<HostName>] = []
  var upstreams: [Placed<Upstream>] = []
  var certificate: PublicCertificate?
  var isPrivatelyTrusted = false
  /// The account that the certificate is ordered with, and where it is named.
  var acmeAccount: Placed<ACMEAccountName>?
  var hstsMaxAge: Period?
  var service: Service?
  var snippets = Snippets()
  var network: Placed<ContentNetwork>?
  var originPulls: LocalFile?
  var stapling: Placed<Stapling>?
  var requests = RequestPolicy()
  /// With the place of the `network` that applies, the site's or that of all.
  var edgeNetworks: Placed<EdgeNetworks>
  var place: SourcePlace

  /// Nil if a required part could not be read.
  var site: Site? {
    guard let domain, let certificate, let service else { return nil }
    return Site(
      domain: domain.value, aliases: aliases.map(\.value),
      frontEnds: frontEnds.map(\.value), upstreams: upstreams.map(\.value),
      certificate: certificate, isPrivatelyTrusted: isPrivatelyTrusted, hstsMaxAge: hstsMaxAge,
      service: service, snippets: snippets, edgeNetworks: edgeNetworks.value,
      network: network?.value, originPulls: originPulls, stapling: stapling?.value,
      requests: requests, place: place)
  }

  /// Reads one entry of `sites:`. Every mistake is reported; a part with a mistake stays empty.
  ///
  /// - Parameter edges: the `network` of all sites, which the site may override.
  init(
    _ entry: Node.Entry, hosts: DeclaredHosts, edges: Placed<EdgeNetworks>?,
    _ found: inout DiagnosticCollector
  ) {
    self.init(entry, hosts: hosts, edges: edges, isComplete: true, &found)
    domain = entry.name(DomainName.self, &found)
  }

  /// Reads `defaults.site`: a site without a domain, in which nothing is missing.
  init(
    defaultsOf entry: Node.Entry, hosts: DeclaredHosts, _ found: inout DiagnosticCollector
  ) {
    var entry = entry
    entry.value.removeNone()
    self.init(entry, hosts: hosts, edges: nil, isComplete: false, &found)
  }

  private init(
    _ entry: Node.Entry, hosts: DeclaredHosts, edges: Placed<EdgeNetworks>?, isComplete: Bool,
    _ found: inout DiagnosticCollector
  ) {
    place = entry.place
    edgeNetworks = edges ?? Placed(value: EdgeNetworks(), place: entry.place)
    guard
      let fields = Fields<SiteField>(entry.value, at: entry.place, isComplete: isComplete, &found)
    else { return }
    if let node = fields[.network] {
      let networks = EdgeNetworks.read(node, over: edgeNetworks.value, &found)
      edgeNetworks = Placed(value: networks, place: node.place)
    }
    network = fields[.cdn].flatMap { node in
      ContentNetwork.read(node, &found).map { Placed(value: $0, place: node.place) }
    }
    originPulls = fields[.originPulls]?.localFile(&found)
    stapling = fields.entry(.stapling).flatMap { entry in
      Stapling.read(entry, &found).map { Placed(value: $0, place: entry.place) }
    }
    requests = RequestPolicy.read(
      timeouts: fields[.timeouts], maxBodySize: fields[.maxBodySize],
      webSockets: fields[.websockets], headers: fields[.headers], &found)
    aliases = (fields[.aliases]?.elements(&found) ?? []).compactMap {
      $0.placed(DomainName.self, &found)
    }
    if let node = fields.required(.frontEnds, &found) {
      frontEnds = hosts.frontEnds(node, &found)
    }
    let backEnd = fields.requiredEntry(.backEnd, &found)
    let port = backEnd.flatMap { Service.port($0.value) } ?? .https
    if let node = fields.required(.backEnds, &found) {
      upstreams = hosts.upstreams(node, port: port, &found)
    }
    service = backEnd.flatMap { Service.read($0, isComplete: isComplete, &found) }
    if let entry = fields.requiredEntry(.certificate, &found) {
      (certificate, acmeAccount) = PublicCertificate.read(
        entry, isPrivatelyTrusted: &isPrivatelyTrusted, &found)
    }
    if let entry = fields.entry(.hsts),
      let hsts = Fields<HSTSField>(entry.value, at: entry.place, &found)
    {
      hstsMaxAge = hsts.required(.maxAge, &found)?.period(&found)
    }
    if let snippets = fields[.snippets].flatMap({ node in
      Fields<SnippetField>(node, &found)
    }) {
      self.snippets = Snippets(
        frontEnd: snippets[.frontEnd]?.localFile(&found),
        backEnd: snippets[.backEnd]?.localFile(&found))
    }
  }
}

extension PublicCertificate {
  /// Reads `certificate:` of a site: files, paths on the host, the CA of the fleet, an ACME account, or a command; and
  /// whether visitors trust a private CA.
  ///
  /// - Returns: the certificate, and the ACME account with the place where it is named.
  fileprivate static func read(
    _ entry: Node.Entry, isPrivatelyTrusted: inout Bool, _ found: inout DiagnosticCollector
  ) -> (PublicCertificate?, Placed<ACMEAccountName>?) {
    let all = Fields<CertificateField>(entry.value, at: entry.place, &found)
    isPrivatelyTrusted = all?[.isPrivate]?.boolean(&found) ?? false
    if let all, let command = all[.command], let files = all[.files],
      [CertificateField.installed, .ca, .acme].allSatisfy({ all[$0] == nil })
    {
      return (program(command, writing: files, &found), nil)
    }
    guard let fields = all,
      let (key, node) = fields.exactlyOne(
        of: .files, .installed, .ca, .acme, .command, reporting: &found)
    else { return (nil, nil) }
    switch key {
    case .files:
      return (
        pair(node, CertificateFileField.certificate, .key, &found) { $0.localFile(&$1) }
          .map { .files(certificate: $0, key: $1) }, nil
      )
    case .installed:
      return (
        pair(node, InstalledFileField.certificate, .key, &found) { $0.read(RemotePath.self, &$1) }
          .map { .installed(certificate: $0, key: $1) }, nil
      )
    case .ca:
      guard let isIssued = node.boolean(&found) else { return (nil, nil) }
      guard isIssued else {
        found.report(
          .invalidValue(
            "false", noun: "a value of \(key.rawValue.quoted)", rule: "true or absent",
            at: node.place))
        return (nil, nil)
      }
      return (.ca, nil)
    case .acme:
      guard let (certificate, account) = ACMECertificate.read(node, &found) else {
        return (nil, nil)
      }
      return (.acme(certificate), account)
    case .command:
      let words = node.commandWords(
        whichPrints: "the certificate with its chain and its key", &found)
      return (words.map { .command(CertificateProgram($0)) }, nil)
    case .isPrivate: return (nil, nil)
    }
  }

  /// Reads a program that writes a certificate and its key, and where it does.
  private static func program(
    _ command: Node, writing files: Node, _ found: inout DiagnosticCollector
  ) -> PublicCertificate? {
    let words = command.commandWords(
      ifEmpty: "Name the program that writes the certificate and its key, and its words.", &found)
    let files = pair(files, CertificateFileField.certificate, .key, &found) { $0.localFile(&$1) }
      .map { CertificateProgram.Files(certificate: $0, key: $1) }
    guard let words, let files else { return nil }
    return .command(CertificateProgram(words, files: files))
  }

  /// Reads the paths of a certificate and its key, both of one kind; nil if one is missing or
  /// wrong.
  private static func pair<Field: KeyTable, Path>(
    _ node: Node, _ certificate: Field, _ key: Field, _ found: inout DiagnosticCollector,
    read: (Node, inout DiagnosticCollector) -> Path?
  ) -> (Path, Path)? {
    guard let fields = Fields<Field>(node, &found) else { return nil }
    let certificate = fields.required(certificate, &found).flatMap { read($0, &found) }
    let key = fields.required(key, &found).flatMap { read($0, &found) }
    guard let certificate, let key else { return nil }
    return (certificate, key)
  }
}
