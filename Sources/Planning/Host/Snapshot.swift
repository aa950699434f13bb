import Fleet
import Nginx
import State

/// The files of a host when a step begins: as the host reports them, or as the previous step leaves them.
struct Snapshot {
  /// The release, without what an earlier step of this run issues; nil if it is not known.
  private(set) var release: ReleaseRecord?
  /// The files that an earlier step of this run issues, and whether they are secret, by path.
  private var issuedFiles: [String: Bool] = [:]
  /// The certificates that an earlier step of this run issues, by path.
  private var issuedCertificates: [String: PresentCertificate.Terms] = [:]
  /// The text of files that hold no secret, by path below the release.
  var texts: [String: String]
  /// The paths of files that differ from the release.
  var drifted: Set<String>

  init(_ observation: HostObservation) {
    release = observation.manifest?.release
    texts = observation.texts
    drifted = Set(observation.driftedFiles)
  }

  /// The snapshot of a host whose manifest is not accepted: the recorded release, with files that differ
  /// from it marked as drifted.
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

  /// Whether later releases cannot keep anything of it: the release is not known, or a key is missing.
  var isOpaque: Bool {
    guard let release else { return true }
    return drifted.contains { release.files[$0]?.isSecret == true }
  }

  /// The snapshot after a planned release is installed, as far as it is known before.
  init(behind draft: ReleaseDraft) {
    let before = draft.snapshot
    var release = ReleaseRecord(number: draft.number, files: [:], certificates: [:])
    texts = [:]
    drifted = []
    for file in draft.files {
      switch file.source {
      case .present:
        release.files[file.path] = before.release?.files[file.path]
        release.certificates[file.path] = before.release?.certificates[file.path]
        issuedFiles[file.path] = before.issuedFiles[file.path]
        issuedCertificates[file.path] = before.issuedCertificates[file.path]
        texts[file.path] = before.texts[file.path]
      case .certificate, .key: issuedFiles[file.path] = file.isSecret
      case .local(_, let record), .orderedKey(_, let record): release.files[file.path] = record
      case .text(let text):
        release.files[file.path] = FileRecord(
          digest: draft.context.input.digest(text), isSecret: file.isSecret)
        texts[file.path] = text
      }
    }
    for certificate in draft.certificates.compactMap(\.planned) {
      issuedCertificates[certificate.path] = draft.context.terms(of: certificate)
    }
    self.release = release
  }

  func has(_ path: String) -> Bool { isSecret(path) != nil }

  /// Nil if the file is not there.
  private func isSecret(_ path: String) -> Bool? {
    release?.files[path]?.isSecret ?? issuedFiles[path]
  }

  /// Nil if the file is not there or not issued yet.
  func digest(of path: String) -> String? { release?.files[path]?.digest }

  func certificate(at path: String) -> PresentCertificate? {
    release?.certificates[path].map { .there($0) }
      ?? issuedCertificates[path].map { .issuedByThisRun($0) }
  }

  /// The paths of all files of the release.
  var paths: [String] {
    let there = (release?.files.keys).map { Array($0) } ?? []
    return (there + issuedFiles.keys).sorted()
  }

  /// The paths of a part of the release's files.
  func paths(of part: ReleasePart) -> [String] { paths.filter(part.contains) }

  /// A file that is kept as it is on the host; nil if it is not there.
  func kept(_ path: String) -> PlannedFile? {
    guard let isSecret = isSecret(path) else { return nil }
    guard drifted.contains(path) else {
      return PlannedFile(path: path, source: .present, isSecret: isSecret)
    }
    return texts[path].map { PlannedFile(path: path, source: .text($0)) }
  }
}
