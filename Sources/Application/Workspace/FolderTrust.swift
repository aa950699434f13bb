import Glibc

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

  /// Whether the path, or what a symbolic link leads to, belongs to another user than this one and root.
  private static func isForeign(_ path: String) -> Bool {
    let owners: [uid_t] = [0, geteuid()]
    var status = stat()
    guard lstat(path, &status) == 0, owners.contains(status.st_uid) else { return true }
    // A link that leads nowhere is refused when it is read.
    return stat(path, &status) == 0 && !owners.contains(status.st_uid)
  }

  /// Whether every user may replace the files of others in it: in a folder with the sticky bit, they may not.
  private static func isOpen(_ folder: String) -> Bool {
    var status = stat()
    return stat(folder, &status) == 0 && status.st_mode & S_IWOTH != 0
      && status.st_mode & S_ISVTX == 0
  }
}
