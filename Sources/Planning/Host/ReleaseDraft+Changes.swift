import Nginx
import State

/// Compares the files of a release with those of the previous one.
extension ReleaseDraft {
  /// Sorted by path.
  static func changes(
    to files: [PlannedFile], from snapshot: Snapshot, _ context: PlanContext
  ) -> [FileChange] {
    let made = files.compactMap { file in
      kind(of: file, from: snapshot, context.input.digest).map { kind in
        guard case .text(let text) = file.source else {
          return FileChange(path: file.path, kind: kind)
        }
        return change(
          file.path, kind, from: snapshot, to: text, isAssumed: context.input.observed.isAssumed)
      }
    }
    let wanted = Set(files.map(\.path)).union([ReleasePath.marker.relative])
    let removed = snapshot.paths.filter { !wanted.contains($0) }.map { path in
      change(path, .remove, from: snapshot, to: nil, isAssumed: false)
    }
    return removed.isEmpty ? made : (made + removed).sorted { $0.path < $1.path }
  }

  /// Nil if the file is already as it should be, and for the marker, which differs in every release.
  private static func kind(
    of file: PlannedFile, from snapshot: Snapshot, _ digest: (String) -> String
  ) -> FileChange.Kind? {
    guard file.path != ReleasePath.marker.relative else { return nil }
    let isThere = snapshot.has(file.path)
    let isSame: Bool =
      switch file.source {
      case .present: true
      case .certificate, .key: false
      case .local(_, let record), .orderedKey(_, let record):
        isThere && snapshot.isInstalled(file.path, record.digest)
      case .text(let text): isThere && snapshot.isInstalled(file.path, digest(text))
      }
    return isSame ? nil : isThere ? .change : .create
  }

  /// - Parameters:
  ///   - new: nil if the file is removed.
  ///   - isAssumed: whether the host was not asked, so that the texts of its files are not known.
  private static func change(
    _ path: String, _ kind: FileChange.Kind, from snapshot: Snapshot, to new: String?,
    isAssumed: Bool
  ) -> FileChange {
    let old = snapshot.texts[path]
    let isUnknown =
      switch kind {
      case .create: false
      // A file that is missing on the host is made again from nothing.
      case .change: old == nil && isAssumed
      case .remove: old == nil
      }
    guard !ReleasePart.tls.contains(path), !isUnknown else {
      return FileChange(path: path, kind: kind)
    }
    return FileChange(path: path, kind: kind, from: old, to: new)
  }
}

extension Snapshot {
  func isInstalled(_ path: String, _ digest: @autoclosure () -> String) -> Bool {
    !drifted.contains(path) && self.digest(of: path) == digest()
  }
}
