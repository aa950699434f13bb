import Fleet
import Nginx
import State

/// What a host has when a step begins: as it says of itself, or as the step before leaves it.
struct Snapshot {
  var release: ReleaseRecord?
  /// The text of files that hold no secret, by path below the release.
  var texts: [String: String]
  /// Files that are not what the release has.
  var drifted: Set<String>
  /// The paths of certificates that a step before issues: what is recorded of them is what is known already.
  private var issued: Set<String> = []

  init(_ observation: HostObservation) {
    release = observation.manifest?.release
    texts = observation.texts
    drifted = Set(observation.driftedFiles)
  }

  /// What a host has whose manifest is not believed: what the state has sent there, as far as it is the
  /// same still.
  init(
    _ observation: HostObservation, recorded release: ReleaseRecord, _ digest: (String) -> String
  ) {
    self.release = release
    texts = observation.texts
    let changed = release.files.filter { path, file in
      observation.texts[path].map { digest($0) != file.digest } ?? false
    }
    drifted = Set(observation.driftedFiles).union(changed.keys)
  }

  /// Whether nothing can be built upon it: what is there is not known, or a key is gone.
  var isOpaque: Bool {
    guard let release else { return true }
    return drifted.contains { release.files[$0]?.isSecret == true }
  }

  /// What is there when a release was installed, as far as it is known before.
  init(behind draft: ReleaseDraft, release number: Int, _ input: PlanningInput) {
    var release = ReleaseRecord(number: number, files: [:], certificates: [:])
    texts = [:]
    drifted = []
    for file in draft.files {
      switch file.source {
      case .present:
        release.files[file.path] = draft.snapshot.release?.files[file.path]
        release.certificates[file.path] = draft.snapshot.release?.certificates[file.path]
        texts[file.path] = draft.snapshot.texts[file.path]
      case .certificate, .key:
        release.files[file.path] = FileRecord(digest: "", isSecret: file.isSecret)
      case .local(_, let record): release.files[file.path] = record
      case .text(let text):
        release.files[file.path] = FileRecord(
          digest: input.digest(text), isSecret: file.isSecret)
        texts[file.path] = text
      }
    }
    for certificate in draft.certificates.compactMap(\.planned) {
      release.certificates[certificate.path] = input.record(of: certificate)
      issued.insert(certificate.path)
    }
    self.release = release
  }

  /// Whether a certificate is one that a step of this run issues.
  func comesWithThisRun(_ path: String) -> Bool { issued.contains(path) }

  func has(_ path: String) -> Bool { release?.files[path] != nil }

  /// The paths of all files of the release.
  var paths: [String] { (release?.files.keys).map { $0.sorted() } ?? [] }

  /// The paths of a part of the release's files.
  func paths(of part: ReleasePart) -> [String] { paths.filter(part.contains) }

  /// A file that stays as it is there; nil where it is not.
  func kept(_ path: String) -> PlannedFile? {
    guard let file = release?.files[path] else { return nil }
    guard drifted.contains(path) else {
      return PlannedFile(path: path, source: .present, isSecret: file.isSecret)
    }
    return texts[path].map { PlannedFile(path: path, source: .text($0)) }
  }
}

extension PlanningInput {
  /// What will be recorded of a certificate, as far as it is known before it is issued.
  func record(of certificate: PlannedCertificate) -> CertificateRecord {
    let ca = state.signingCA
    return CertificateRecord(
      serial: "", issuer: ca?.commonName ?? "",
      issuerKeyIdentifier: ca?.keyIdentifier ?? "", commonName: certificate.commonName,
      names: certificate.names, key: certificate.key, notBefore: now,
      notAfter: certificate.end(from: now, signedBy: ca))
  }
}
