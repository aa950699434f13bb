import Nginx
import State

/// Compares the files of a release with those of the previous one.
extension ReleaseDraft {
  /// Whether any file differs.
  ///
  /// - Parameter digest: SHA-256 in lower-case hex.
  func differs(_ digest: (String) -> String) -> Bool {
    !removedPaths.isEmpty || files.contains { change(to: $0, digest) != nil }
  }

  /// Sorted by path.
  ///
  /// - Parameter digest: SHA-256 in lower-case hex.
  func changes(_ digest: (String) -> String) -> [FileChange] {
    let made = files.compactMap { file in
      change(to: file, digest).map { kind in
        guard case .text(let text) = file.source else {
          return FileChange(path: file.path, kind: kind)
        }
        return FileChange(path: file.path, kind: kind, diff: diff(file.path, to: text))
      }
    }
    let removed = removedPaths.map { path in
      FileChange(path: path, kind: .remove, diff: diff(path, to: ""))
    }
    return (made + removed).sorted { $0.path < $1.path }
  }

  /// Nil if the file is already as it should be, and for the marker, which differs in every release.
  private func change(
    to file: PlannedFile, _ digest: (String) -> String
  ) -> FileChange.Kind? {
    guard file.path != ReleasePath.marker.relative else { return nil }
    let old = snapshot.release?.files[file.path]
    let isSame: Bool =
      switch file.source {
      case .present: true
      case .certificate, .key: false
      case .local(_, let record): isInstalled(file.path, record.digest)
      case .text(let text): isInstalled(file.path, digest(text))
      }
    return isSame ? nil : old == nil ? .create : .change
  }

  private func isInstalled(_ path: String, _ digest: String) -> Bool {
    snapshot.release?.files[path]?.digest == digest && !snapshot.drifted.contains(path)
  }

  private var removedPaths: [String] {
    let wanted = Set(files.map(\.path)).union([ReleasePath.marker.relative])
    return snapshot.paths.filter { !wanted.contains($0) }
  }

  private func diff(_ path: String, to new: String) -> String {
    guard !ReleasePart.tls.contains(path) else { return "" }
    let old = snapshot.texts[path] ?? ""
    return UnifiedDiff.between(
      old, new, oldName: old.isEmpty ? "/dev/null" : "installed/\(path)",
      newName: new.isEmpty ? "/dev/null" : "planned/\(path)")
  }
}
