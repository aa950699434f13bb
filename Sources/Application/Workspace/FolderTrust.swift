import Files

/// Whether an inventory in a folder above the current one may be used without being named: not if another user could
/// have written it, because an inventory names programs that run. Git has the same rule.
enum FolderTrust {
  /// Refuses a folder of another user or in which every user may replace files, and such a file in it.
  ///
  /// - Throws: a failure of the kind `usage`.
  static func check(_ folder: String, file: String? = nil) throws {
    let why: String? =
      if isForeign(folder) {
        "the folder belongs to another user"
      } else if isOpen(folder) {
        "every user may change the folder"
      } else if let file, isForeign(file) {
        "the file belongs to another user"
      } else {
        nil
      }
    guard let why else { return }
    throw Failure(
      .usage,
      "\(folder)/ has an inventory, but \(why), and an inventory names programs that run. If you trust it, name the"
        + " file with --inventory")
  }

  /// Why a file that an inventory includes is not read: another user could have written it, or put it into its folder.
  ///
  /// - Parameter inventory: the file that the user named; nil for standard input. Files of its owner are read too.
  static func refusal(ofIncluded file: String, folder: String, inventory: String?) -> String? {
    let named = inventory.flatMap { status($0, followsLinks: true) }
    func isKnown(_ followsLinks: Bool) -> Bool {
      status(file, followsLinks: followsLinks).map { included in
        included.isOwn(in: nil) || named.map { included.hasOwner(of: $0) } ?? false
      } ?? true
    }
    if isOpen(folder) { return "every user may change its folder" }
    return isKnown(true) && isKnown(false) ? nil : "it belongs to another user"
  }

  /// Whether the path, or what a symbolic link leads to, belongs to another user than this one and root.
  private static func isForeign(_ path: String) -> Bool {
    guard let itself = status(path, followsLinks: false), itself.isOwn(in: nil) else { return true }
    // A link that leads nowhere is refused when it is read.
    return status(path, followsLinks: true).map { !$0.isOwn(in: nil) } ?? false
  }

  /// Whether every user may replace the files of others in it: in a folder with the sticky bit, they may not.
  private static func isOpen(_ folder: String) -> Bool {
    status(folder, followsLinks: true).map { $0.mode & 0o1002 == 0o0002 } ?? false
  }

  private static func status(_ path: String, followsLinks: Bool) -> FileStatus? {
    try? FileStatus.of(path, followsLinks: followsLinks)
  }
}
