import FoundationEssentials

/// The names that version 0.1.0 gave the folder and its files.
///
/// A folder that still has them must not pass for one without a CA: the fleet would get another generation.
extension CAFolder {
  private static let suffix = (now: ".ca", earlier: ".authority")

  /// Such as `Inventories/shop.authority`, if that is there.
  private var earlierFolder: String? {
    guard path.hasSuffix(Self.suffix.now) else { return nil }
    let earlier = path.dropLast(Self.suffix.now.count) + Self.suffix.earlier
    return FileManager.default.fileExists(atPath: String(earlier)) ? String(earlier) : nil
  }

  /// Stops if the folder is missing and one with its earlier name is there.
  func refuseEarlierFolder() throws {
    guard let earlierFolder else { return }
    throw Self.earlierNames(in: earlierFolder, "    mv \(earlierFolder) \(path)\n" + renaming)
  }

  /// Stops if files of this folder have earlier names.
  func refuseEarlierFiles(_ names: [String]) throws {
    guard names.contains(where: { $0.hasPrefix("authority-") }) else { return }
    throw Self.earlierNames(in: path, renaming)
  }

  private var renaming: String {
    """
        (cd \(path) && for f in authority-* archive/authority-*; do
           [ ! -e "$f" ] || mv "$f" "${f%authority-*}ca-${f##*authority-}"; done)
    """
  }

  private static func earlierNames(in path: String, _ commands: String) -> CAStoreError {
    CAStoreError(
      "\(path) has the names that version 0.1.0 gave a CA's folder and its files. Rename them, and run"
        + " the command again:\n\(commands)")
  }
}
