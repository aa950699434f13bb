import Files

/// Refuses the names that version 0.1.0 gave the folder and its files.
///
/// A folder with these names would look as if it had no CA, and the fleet would get another generation.
extension CAFolder {
  private static let suffix = (now: ".ca", earlier: ".authority")

  /// The path with the earlier name, such as `Inventories/shop.authority`; nil if it does not exist.
  private var earlierFolder: String? {
    get throws {
      guard path.hasSuffix(Self.suffix.now) else { return nil }
      let earlier = path.dropLast(Self.suffix.now.count) + Self.suffix.earlier
      return try storage.exists(String(earlier)) ? String(earlier) : nil
    }
  }

  /// Stops if the folder has its earlier name.
  func refuseEarlierFolder() throws {
    guard let earlierFolder = try earlierFolder else { return }
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
      "\(path) has the names of version 0.1.0. Rename the folder and its files with the following commands,"
        + " then run this command again:\n\(commands)")
  }
}
