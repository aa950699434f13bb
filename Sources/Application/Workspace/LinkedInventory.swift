import Files
import FoundationEssentials
import Glibc

/// An inventory that is named by a symbolic link: its state and its CA are beside the file that the link leads to.
enum LinkedInventory {
  /// What decides about hosts. Without it beside the file, a command would begin with nothing.
  private static let decisive = [".state.json", ".ca"]
  /// What belongs to it.
  private static let others = [
    ".state.json.previous", ".state.journal", ".runs.jsonl", ".runs.jsonl.1",
  ]

  /// The file that a symbolic link leads to, relative to the current folder if it is below it; any other path as it is.
  ///
  /// - Throws: a failure of the kind `usage` if the state or the CA is beside the link, as in deploy 0.1.0, and not
  ///   beside the file.
  static func followed(_ path: String) throws -> String {
    guard let file = target(of: path) else { return path }
    let (link, stem) = (
      InventoryFile.stem(path, fleet: ""), InventoryFile.stem(file, fleet: "")
    )
    guard decisive.contains(where: { exists(link + $0) && !exists(stem + $0) }) else {
      return file
    }
    let moved = (decisive + others).filter { exists(link + $0) && !exists(stem + $0) }
    throw Failure(
      .usage,
      "\(path) is a symbolic link to \(file). The state and the CA are beside that file, but these are beside the"
        + " link. If they are those of this fleet, move them with\n"
        + moved.map { "    mv \(link)\($0) \(stem)\($0)" }.joined(separator: "\n"))
  }

  /// The regular file that a symbolic link leads to; nil for any other path.
  private static func target(of path: String) -> String? {
    guard status(path, followsLinks: false)?.kind == .link,
      // Anything else is refused when it is read, under the name that the user knows.
      status(path, followsLinks: true)?.kind == .regular,
      let resolved = realpath(path, nil)
    else { return nil }
    defer { free(resolved) }
    let absolute = String(cString: resolved)
    let current = FileManager.default.currentDirectoryPath
    let prefix = current.hasSuffix("/") ? current : current + "/"
    return absolute.hasPrefix(prefix) ? String(absolute.dropFirst(prefix.count)) : absolute
  }

  private static func exists(_ path: String) -> Bool { status(path, followsLinks: false) != nil }

  private static func status(_ path: String, followsLinks: Bool) -> FileStatus? {
    try? FileStatus.of(path, followsLinks: followsLinks)
  }
}
