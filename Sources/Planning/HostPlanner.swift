import Diagnostics
import Firewall
import Inventories
import Nginx
import State

/// Compares what one host should have with what it has.
struct HostPlanner {
  let input: PlanningInput
  let host: Host
  let connection: Connection
  let observation: HostObservation
  let nginx: Version

  private var present: ReleaseRecord? { observation.manifest?.release }

  private var reasonToCreate: String {
    observation.currentRelease.map {
      "the manifest of release \($0) cannot be read there: all of it is made anew"
    } ?? "new in the inventory"
  }

  func step() -> HostStep {
    let number =
      max(
        observation.latestRelease, observation.currentRelease ?? 0,
        input.state.hosts[host.name.text]?.release.number ?? 0) + 1
    let certificates = certificates()
    let issued = certificates.filter { !$0.reason.isEmpty }
    let files = (texts(release: number) + leaves(certificates) + siteCertificates() + issuers())
      .sorted { $0.path < $1.path }
    let changes = changes(files)
    let reasons = reasons(changes, issued)
    var step = HostStep(
      host: host.name.text, connection: connection, roles: host.roles.map(\.rawValue).sorted(),
      action: present == nil ? .create : reasons.isEmpty ? .unchanged : .change,
      reasons: present == nil ? [reasonToCreate] : reasons, release: number,
      expected: observation.fingerprint, present: present, files: files, certificates: issued,
      changes: changes,
      ports: ports().map { Int($0.number) })
    step.routes = routes()
    return step
  }

  private func ports() -> [Port] {
    let upstreams = input.inventory.sites.flatMap(\.upstreams).filter { $0.host == host.name }
    let published: [Port] =
      input.inventory.sites(publishedBy: host.name).isEmpty ? [] : [.http, .https]
    return Set(published + upstreams.map(\.port)).sorted()
  }

  private var hasSites: Bool { !ports().isEmpty }

  /// Of the sites that visitors reach already: a new front-end takes nothing from anybody.
  private func routes() -> [HostStep.Route] {
    input.inventory.sites(publishedBy: host.name).filter {
      present?.files[ReleasePath.configuration(of: $0.domain, as: .frontEnd).relative] != nil
    }.map { site in
      HostStep.Route(
        site: site.domain.text, hosts: Set(site.upstreams.map(\.host.text)).sorted())
    }
  }

  // MARK: - What the host should have

  private func texts(release: Int) -> [PlannedFile] {
    var files = configuration(for: host, in: input.inventory, nginx: nginx).map {
      PlannedFile(path: $0.path.relative, source: .text($0.text))
    }
    files += ruleset(for: host, in: input.inventory).files.map {
      PlannedFile(path: $0.name, source: .text($0.text))
    }
    guard hasSites else { return files }
    let marker = releaseMarker(release: release)
    files.append(PlannedFile(path: marker.path.relative, source: .text(marker.text)))
    files.append(
      PlannedFile(
        path: ReleasePath.trustBundle.relative,
        source: .text(input.state.authorities.map(\.certificate).joined())))
    return files + snippets()
  }

  private func snippets() -> [PlannedFile] {
    let published = input.inventory.sites(publishedBy: host.name).map {
      ($0.domain, Role.frontEnd, $0.snippets.frontEnd)
    }
    let served = input.inventory.sites(servedBy: host.name).map {
      ($0.domain, Role.backEnd, $0.snippets.backEnd)
    }
    return (published + served).compactMap { domain, role, file in
      guard let file else { return nil }
      guard let text = input.materials.snippets[file.path] else {
        preconditionFailure("The snippet \(file.path) was not read. This is a bug in deploy.")
      }
      return PlannedFile(
        path: ReleasePath.snippet(of: domain, as: role).relative, source: .text(text),
        origin: PlannedFile.Origin(file))
    }
  }

  private func leaves(_ certificates: [PlannedCertificate]) -> [PlannedFile] {
    certificates.flatMap { certificate in
      let kept =
        certificate.reason.isEmpty
        ? (present?.files[certificate.path], present?.files[certificate.keyPath]) : (nil, nil)
      return [
        PlannedFile(
          path: certificate.path,
          source: kept.0.map { .present($0) } ?? .certificate(certificate.path)),
        PlannedFile(
          path: certificate.keyPath,
          source: kept.1.map { .present($0) } ?? .key(certificate.path), isSecret: true),
      ]
    }
  }

  private func siteCertificates() -> [PlannedFile] {
    input.inventory.sites(publishedBy: host.name).flatMap { site -> [PlannedFile] in
      guard case .files(let certificate, let key) = site.certificate else { return [] }
      guard let material = input.materials.siteCertificates[site.domain] else {
        preconditionFailure(
          "The certificate of \(site.domain) was not read. This is a bug in deploy.")
      }
      let record = FileRecord(digest: material.keyDigest, isSecret: true)
      return [
        PlannedFile(
          path: ReleasePath.publicCertificate(of: site.domain).relative,
          source: .text(material.certificate), origin: PlannedFile.Origin(certificate)),
        PlannedFile(
          path: ReleasePath.publicKey(of: site.domain).relative,
          source: .local(key.path.text, record), isSecret: true, origin: PlannedFile.Origin(key)),
      ]
    }
  }

  /// Every certificate of the host; those that are kept have no reason.
  private func certificates() -> [PlannedCertificate] {
    let policy = input.inventory.authority.certificates
    var wanted: [PlannedCertificate] = []
    func want(
      _ path: ReleasePath, _ key: ReleasePath, _ purpose: PlannedCertificate.Purpose,
      _ commonName: String, _ names: [String]
    ) {
      wanted.append(
        PlannedCertificate(
          path: path.relative, keyPath: key.relative, purpose: purpose,
          commonName: String(commonName.prefix(64)), names: Set(names).sorted(),
          key: policy.key.rawValue,
          validFor: policy.validFor.seconds))
    }
    let published = input.inventory.sites(publishedBy: host.name)
    let served = input.inventory.sites(servedBy: host.name)
    let name = host.name.text
    if !published.isEmpty {
      want(.certificate(for: .frontEnd), .key(for: .frontEnd), .client, name, [name])
    }
    if !served.isEmpty {
      want(
        .certificate(for: .backEnd), .key(for: .backEnd), .server, name,
        [name] + served.map(\.domain.text))
    }
    for site in published where site.certificate == .authority {
      want(
        .publicCertificate(of: site.domain), .publicKey(of: site.domain), .server,
        site.domain.text, [site.domain.text] + site.aliases.map(\.text))
    }
    return wanted.map { certificate in
      var certificate = certificate
      let record = present?.certificates[certificate.path]
      certificate.replaced = record
      certificate.reason =
        CertificateReview(input: input, present: present, drift: observation.driftedFiles)
        .reasonToIssue(certificate, instead: record) ?? ""
      return certificate
    }
  }

  // MARK: - How it differs from what the host has

  private func changes(_ files: [PlannedFile]) -> [FileChange] {
    let drifted = Set(observation.driftedFiles)
    var changes = files.compactMap { file -> FileChange? in
      guard file.path != ReleasePath.marker.relative else { return nil }
      let old = present?.files[file.path]
      switch file.source {
      case .present: return nil
      case .certificate, .key:
        return FileChange(path: file.path, kind: old == nil ? .create : .change)
      case .local(_, let record):
        guard old?.digest != record.digest || drifted.contains(file.path) else { return nil }
        return FileChange(path: file.path, kind: old == nil ? .create : .change)
      case .text(let text):
        guard old?.digest != input.digest(text) || drifted.contains(file.path) else { return nil }
        return FileChange(
          path: file.path, kind: old == nil ? .create : .change,
          diff: diff(file.path, from: observation.texts[file.path] ?? "", to: text))
      }
    }
    let wanted = Set(files.map(\.path))
    for path in present?.files.keys.sorted() ?? []
    where !wanted.contains(path) && path != ReleasePath.marker.relative {
      changes.append(
        FileChange(
          path: path, kind: .remove, diff: diff(path, from: observation.texts[path] ?? "", to: "")))
    }
    return changes.sorted { $0.path < $1.path }
  }

  private func diff(_ path: String, from old: String, to new: String) -> String {
    guard !path.hasPrefix("tls/") else { return "" }
    return UnifiedDiff.between(
      old, new, oldName: old.isEmpty ? "/dev/null" : "installed/\(path)",
      newName: new.isEmpty ? "/dev/null" : "planned/\(path)")
  }

  private func reasons(_ changes: [FileChange], _ issued: [PlannedCertificate]) -> [String] {
    var reasons = observation.driftedFiles.map { "\($0) was changed on the host" }
    if let present {
      let hadSites = present.files[ReleasePath.main.relative] != nil
      if observation.interruptedTransaction != nil {
        reasons.append("a transaction there was cut off in the middle")
      }
      if !observation.nginxIsRunning {
        if hadSites { reasons.append("nginx does not run there") }
      } else if observation.servedReleases != (hadSites ? [present.number] : []) {
        let served = observation.servedReleases.map(String.init).joined(separator: " and ")
        reasons.append(
          "nginx serves \(served.isEmpty ? "no release" : "release \(served)"), not"
            + (hadSites ? " \(present.number)" : " none")
            + (observation.servedReleases.contains(present.number) && hadSites ? " alone" : ""))
      }
      if hadSites != observation.includesRelease {
        reasons.append("/etc/nginx/conf.d/deploy.conf was changed on the host")
      }
      switch observation.firewall {
      case .asInstalled: break
      case .absent: reasons.append("the firewall is not loaded there")
      case .changed: reasons.append("the loaded firewall was changed on the host")
      }
    }
    reasons += issued.map { "\($0.path): \($0.reason)" }
    let explained = Set(issued.flatMap { [$0.path, $0.keyPath] } + observation.driftedFiles)
    reasons += changes.filter { !explained.contains($0.path) }.map(ReasonText.reason(for:))
    return reasons
  }
}

extension PlannedFile.Origin {
  init(_ file: LocalFile) {
    self.init(path: file.path.text, place: file.place.description)
  }
}
