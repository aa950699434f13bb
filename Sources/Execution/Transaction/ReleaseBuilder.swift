import Fleet
import Planning
import State

/// What one step sends to a host, with what is recorded about it: the paths of files that the host
/// copies from its previous release, and a tar stream with the manifest and all other files.
///
/// ``ReleaseBuilder`` makes it. For a step that restores a release or removes `deploy`, nothing is
/// sent.
struct BuiltRelease: Sendable {
  /// The files that stay as they are; the host copies them from the release before.
  var kept: [String] = []
  /// The tar stream, which contains keys; empty if the host already has the release.
  var archive: SecretContent
  /// Its record; nil if the host's release is not known, or if `deploy` is removed.
  var record: ReleaseRecord?
  /// SHA-256 of the manifest in lower-case hex; nil if it is not known or there is none.
  var manifestDigest: String?

  /// What the host reads on standard input.
  var input: [UInt8] { kept.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } + archive.bytes }
}

/// Builds a planned release: issues its certificates, reads its secrets and writes its manifest.
struct ReleaseBuilder: Sendable {
  let issuer: any CertificateIssuer
  let store: any StateStore
  let signer: any ManifestSigner
  let surroundings: Surroundings
  let fleet: String
  let lineage: String
  /// The serial of the state that the run began with.
  let serial: Int

  /// - Parameter previous: the current release, from which files are kept.
  func build(_ step: PlannedStep, after previous: ReleaseRecord?) async throws -> BuiltRelease {
    switch step.kind {
    case .install(let installation): try await build(installation, on: step.host, after: previous)
    case .restore(let restored):
      BuiltRelease(
        archive: SecretContent([]), record: restored.record, manifestDigest: restored.digest)
    case .remove: BuiltRelease(archive: SecretContent([]))
    }
  }

  private func build(
    _ installation: Installation, on host: HostName, after previous: ReleaseRecord?
  ) async throws -> BuiltRelease {
    let issued = try await issue(installation.certificates, to: host)
    var contents: [(file: PlannedFile, content: SecretContent)] = []
    var record = ReleaseRecord(
      number: installation.release, files: [:], certificates: [:], facts: installation.facts,
      replaces: installation.replaces)
    var kept: [String] = []
    for file in installation.files {
      if case .present = file.source {
        guard let known = previous?.files[file.path] else {
          preconditionFailure(
            "\(file.path) should be kept on \(host), which does not have it. This is a bug in deploy."
          )
        }
        record.files[file.path] = known
        record.certificates[file.path] = previous?.certificates[file.path]
        kept.append(file.path)
        continue
      }
      let content = try content(of: file, issued)
      record.files[file.path] = FileRecord(
        digest: surroundings.digest(content.bytes), isSecret: file.isSecret)
      if case .certificate(let path) = file.source {
        record.certificates[file.path] = issued[path]?.record
      }
      contents.append((file, content))
    }
    let manifest = try await signer.signed(
      Manifest(
        fleet: fleet, lineage: lineage, host: host, serial: serial,
        madeAt: surroundings.now(), madeBy: surroundings.user, release: record))
    let text = Array(manifest.text.utf8)
    var archive = TarArchive()
    // The manifest comes first: a truncated stream leaves no key whose certificate no manifest names.
    archive.addFile(Manifest.path, mode: 0o644, content: text)
    if let folder = installation.tlsFolder { archive.addFolder(folder, mode: 0o700) }
    for (file, content) in contents {
      archive.addFile(file.path, mode: file.isSecret ? 0o600 : 0o644, content: content.bytes)
    }
    archive.finish()
    return BuiltRelease(
      kept: kept, archive: SecretContent(archive.bytes), record: record,
      manifestDigest: surroundings.digest(text))
  }

  /// Issues the certificates of a release, by path, and records them in the state before they are sent.
  private func issue(
    _ certificates: [PlannedCertificate], to host: HostName
  ) async throws -> [String: IssuedCertificate] {
    guard !certificates.isEmpty else { return [:] }
    var issued: [String: IssuedCertificate] = [:]
    for certificate in certificates {
      issued[certificate.path] = try await issuer.issue(certificate)
    }
    let now = surroundings.now()
    try await store.record(
      issued: issued.map { path, certificate in
        IssuanceRecord(
          host: host, path: path, certificate: certificate.record, issuedAt: now)
      })
    return issued
  }

  private func content(
    of file: PlannedFile, _ issued: [String: IssuedCertificate]
  ) throws -> SecretContent {
    switch file.source {
    case .text(let text): return SecretContent(Array(text.utf8))
    case .local(let path, _): return try surroundings.readSecret(path)
    case .orderedKey(let site, _): return try surroundings.orderedKey(site)
    case .certificate(let path):
      guard let certificate = issued[path] else { preconditionFailure(Self.notIssued(path)) }
      return SecretContent(Array(certificate.certificate.utf8))
    case .key(let path):
      guard let certificate = issued[path] else { preconditionFailure(Self.notIssued(path)) }
      return certificate.key
    case .present: preconditionFailure("A kept file has no content here. This is a bug in deploy.")
    }
  }

  private static func notIssued(_ path: String) -> String {
    "No certificate was planned for \(path). This is a bug in deploy."
  }
}
