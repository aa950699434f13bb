import Fleet
import Nginx
import State

/// The files of a host when a step begins: as the host reports them, or as the previous step leaves them.
struct Snapshot {
  var release: ReleaseRecord?
  /// The text of files that hold no secret, by path below the release.
  var texts: [String: String]
  /// The paths of files that differ from the release.
  var drifted: Set<String>
  /// The paths of certificates that an earlier step of this run issues: their records are still incomplete.
  private var issued: Set<String> = []

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
    var release = ReleaseRecord(number: draft.number, files: [:], certificates: [:])
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
      case .local(_, let record), .orderedKey(_, let record): release.files[file.path] = record
      case .text(let text):
        release.files[file.path] = FileRecord(
          digest: draft.context.input.digest(text), isSecret: file.isSecret)
        texts[file.path] = text
      }
    }
    for certificate in draft.certificates.compactMap(\.planned) {
      release.certificates[certificate.path] = draft.context.record(of: certificate)
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

  /// A file that is kept as it is on the host; nil if it is not there.
  func kept(_ path: String) -> PlannedFile? {
    guard let file = release?.files[path] else { return nil }
    guard drifted.contains(path) else {
      return PlannedFile(path: path, source: .present, isSecret: file.isSecret)
    }
    return texts[path].map { PlannedFile(path: path, source: .text($0)) }
  }
}
