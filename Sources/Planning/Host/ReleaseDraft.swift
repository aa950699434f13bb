import Diagnostics
import Firewall
import Fleet
import Inventories
import Nginx
import State

/// The files of one release of a host: for the final state, or for a transition between old and new.
struct ReleaseDraft {
  let context: PlanContext
  let facts: HostFacts
  let installed: InstalledHost
  let number: ReleaseNumber
  let transition: TransitionState
  let endpoint: Endpoint
  let snapshot: Snapshot
  /// Every certificate of the host, kept or issued.
  let certificates: [NeededCertificate]
  /// Sorted by path.
  private(set) var files: [PlannedFile] = []
  /// How the files differ from those of the snapshot, sorted by path.
  private(set) var changes: [FileChange] = []

  /// - Parameter known: a draft of the same host for the final state, whose texts need not be made again.
  init(
    _ context: PlanContext, _ facts: HostFacts, on installed: InstalledHost,
    release number: ReleaseNumber, _ state: Track.State, from snapshot: Snapshot,
    like known: ReleaseDraft? = nil
  ) {
    self.context = context
    self.facts = facts
    self.installed = installed
    self.number = number
    self.transition = state.transition
    self.endpoint = state.endpoint
    self.snapshot = snapshot
    certificates = CertificateNeeds(context: context, host: facts.host, snapshot: snapshot)
      .certificates(state.transition, names: state.endpoint.server?.names ?? [])
    files = makeFiles(like: state.transition == .new ? known : nil)
    changes = Self.changes(to: files, from: snapshot, context)
  }

  var host: Host { facts.host }
  private var changesService: Bool { transition.service != .old }
  private var changesUse: Bool { transition.use == .new }
  var hasSites: Bool { !endpoint.services.isEmpty || !endpoint.routes.isEmpty }

  private func makeFiles(like known: ReleaseDraft?) -> [PlannedFile] {
    var files = known?.renderedFiles ?? (configurationFiles + firewall)
    files += snippets + leaves
    if hasSites {
      let marker = releaseMarker(release: number)
      files.append(PlannedFile(path: marker.path.relative, source: .text(marker.text)))
      files.append(
        PlannedFile(path: ReleasePath.trustBundle.relative, source: .text(trustBundle)))
      files += [revocationLists].compactMap(\.self)
    }
    if changesUse { files += siteCertificates + issuers }
    let paths = Set(files.map(\.path))
    files += remainingPaths.filter { !paths.contains($0) }.compactMap(snapshot.kept)
    return files.sorted { $0.path < $1.path }
  }

  // MARK: - Files that are carried over

  /// The present sites of a role that this release keeps although the inventory changes or removes them.
  private func remainingSites(_ role: Role) -> Set<DomainName> {
    let wanted: Set<DomainName>
    switch role {
    case .frontEnd:
      guard !changesUse else { return [] }
      wanted = []
    case .backEnd:
      guard transition.service != .new else { return [] }
      wanted =
        changesService ? Set(context.inventory.sites(servedBy: host.name).map(\.domain)) : []
    }
    let part = ReleasePart.sites(of: role)
    return Set(part.domains(of: snapshot.paths(of: part))).subtracting(wanted)
  }

  private var remains: CarriedOverSites {
    let backEnd = remainingSites(.backEnd)
    var ports: [DomainName: Set<Port>] = [:]
    var admissions: [DomainName: Admission] = [:]
    for (site, service) in endpoint.services {
      ports[site] = service.ports
      admissions[site] = service.admission
    }
    return CarriedOverSites(
      roles: Set((changesUse ? [] : [.frontEnd]) + (changesService ? [] : [.backEnd])),
      sites: [.frontEnd: remainingSites(.frontEnd), .backEnd: backEnd], ports: ports,
      admissions: admissions,
      asksVisitors: !changesUse && !snapshot.paths(of: .originPulls).isEmpty)
  }

  private var remainingPaths: [String] {
    var paths: [String] = []
    for role in Role.allCases {
      for site in remainingSites(role).sorted() {
        paths.append(ReleasePath.configuration(of: site, as: role).relative)
        paths.append(ReleasePath.snippet(of: site, as: role).relative)
      }
      let stays = role == .frontEnd ? !changesUse : !changesService || keepsServerCertificate
      if stays {
        paths += [ReleasePath.certificate(for: role), .key(for: role)].map(\.relative)
      }
    }
    guard !changesUse else { return paths }
    let parts: [ReleasePart] = [
      .realAddresses, .siteCertificates, .originPulls, .staplingChains, .maintenancePages,
    ]
    return paths + parts.flatMap(snapshot.paths)
  }

  /// Whether a host that will no longer serve sites keeps its server certificate until then.
  private var keepsServerCertificate: Bool {
    endpoint.server != nil
      && !certificates.contains {
        $0.path == ReleasePath.certificate(for: .backEnd).relative
      }
  }

  // MARK: - Files that are made

  /// The configuration of nginx and the firewall, which depend on the state alone.
  private var renderedFiles: [PlannedFile] {
    files.filter { file in
      guard case .text = file.source, file.path != ReleasePath.marker.relative else { return false }
      return ReleasePart.firewall.contains(file.path)
        || ReleasePart.configuration.contains(file.path)
          && !ReleasePart.snippets.contains(file.path)
    }
  }

  private var configurationFiles: [PlannedFile] {
    guard changesService || changesUse else {
      return [snapshot.kept(ReleasePath.main.relative)].compactMap(\.self)
    }
    return configuration(
      for: host, in: context.routes, nginx: installed.nginx,
      hasIPv6: installed.observation.surroundings.hasIPv6, beside: remains,
      binding: installed.binding, checksRevocation: endpoint.refuses != nil,
      challenges: visitorService.challenges(on: host)
    ).map { PlannedFile(path: $0.path.relative, source: .text($0.text)) }
  }

  private var firewall: [PlannedFile] {
    if !changesService {
      let present = snapshot.paths(of: .firewall)
      if !present.isEmpty { return present.compactMap(snapshot.kept) }
    }
    return facts.ruleset.replacing(
      openings: endpoint.openings, publications: endpoint.publications
    ).files
      .map { PlannedFile(path: $0.name, source: .text($0.text)) }
  }

  private var trustBundle: String {
    context.input.state.caGenerations.filter { endpoint.trusts.contains($0.keyIdentifier) }
      .map(\.certificate).joined()
  }

  private var snippets: [PlannedFile] {
    let published = changesUse ? context.inventory.sites(publishedBy: host.name) : SiteList()
    let served = changesService ? context.inventory.sites(servedBy: host.name) : SiteList()
    let all =
      published.map { ($0.domain, Role.frontEnd, $0.snippets.frontEnd) }
      + served.map { ($0.domain, Role.backEnd, $0.snippets.backEnd) }
    return all.compactMap { domain, role, file in
      guard let file else { return nil }
      let path = ReleasePath.snippet(of: domain, as: role).relative
      guard let text = context.materials.snippets[file.path] else {
        return unread(file, path, of: domain)
      }
      return PlannedFile(path: path, source: .text(text), origin: PlannedFile.Origin(file))
    }
  }

  /// The file that the host has instead of one of the user that could not be read.
  func unread(_ file: LocalFile, _ path: String, of site: DomainName) -> PlannedFile? {
    guard context.materials.unread[site] != nil else {
      preconditionFailure("\(file.path) was not read. This is a bug in deploy.")
    }
    return snapshot.kept(path)
  }

  private var leaves: [PlannedFile] {
    certificates.flatMap { certificate -> [PlannedFile] in
      switch certificate {
      case .kept(let path, let keyPath, _):
        [
          PlannedFile(path: path, source: .present),
          PlannedFile(path: keyPath, source: .present, isSecret: true),
        ]
      case .issued(let planned):
        [
          PlannedFile(path: planned.path, source: .certificate(planned.path)),
          PlannedFile(path: planned.keyPath, source: .key(planned.path), isSecret: true),
        ]
      }
    }
  }

  /// How the host serves sites whose certificates are ordered.
  private var visitorService: OrderedSites { OrderedSites(context, snapshot) }

  private var siteCertificates: [PlannedFile] {
    context.inventory.sites(publishedBy: host.name).flatMap { site -> [PlannedFile] in
      let material = context.materials.siteCertificates[site.domain]
      let paths = [ReleasePath.publicCertificate(of: site.domain), .publicKey(of: site.domain)]
        .map(\.relative)
      switch (site.certificate, material) {
      case (.ca, _), (.installed, _): return []
      case (.files(let certificate, let key), nil):
        return [
          unread(certificate, paths[0], of: site.domain), unread(key, paths[1], of: site.domain),
        ]
        .compactMap(\.self)
      case (.files(let certificate, let key), let material?):
        let digest =
          material.keyDigest ?? recordedKeyDigest(paths[1], of: paths[0], material.certificate)
        let record = FileRecord(digest: digest, isSecret: true)
        return [
          PlannedFile(
            path: paths[0], source: .text(material.certificate),
            origin: PlannedFile.Origin(certificate)),
          PlannedFile(
            path: paths[1], source: .local(key.path.text, record), isSecret: true,
            origin: PlannedFile.Origin(key)),
        ]
      case (.acme, _), (.command, _):
        return orderedFiles(of: site, material, paths)
      }
    }
  }

  private func orderedFiles(
    of site: Site, _ material: Materials.SiteCertificate?, _ paths: [String]
  ) -> [PlannedFile] {
    switch (visitorService.service(of: site), material?.ordered) {
    case (.ordered, let ordered?):
      // The key is only decrypted if the host does not have it.
      let key =
        snapshot.isInstalled(paths[1], ordered.keyDigest)
        ? snapshot.kept(paths[1])
        : PlannedFile(
          path: paths[1], source: .orderedKey(site.domain, ordered.keyRecord), isSecret: true)
      return [PlannedFile(path: paths[0], source: .text(material?.certificate ?? "")), key]
        .compactMap(\.self)
    case (.present, _): return paths.compactMap(snapshot.kept)
    case (.ordered, nil), (.installed, _), (.none, _): return []
    }
  }
}

extension ReleaseDraft {
  /// The digest of a key that was not read: the recorded one if the certificate stays, because the key
  /// of a certificate is always the same; else one that no file has.
  private func recordedKeyDigest(
    _ keyPath: String, of path: String, _ certificate: String
  ) -> String {
    guard let files = snapshot.release?.files,
      files[path]?.digest == context.input.digest(certificate)
    else { return "" }
    return files[keyPath]?.digest ?? ""
  }
}

extension PlannedFile.Origin {
  init(_ file: LocalFile) {
    self.init(path: file.path.text, place: file.place.description)
  }
}
