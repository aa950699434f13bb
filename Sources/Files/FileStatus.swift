internal import Glibc
package import SystemPackage

/// Status of a file: its kind, owner, permissions and number of names.
package struct FileStatus: Hashable, Sendable {
  /// The kinds of files, named as in messages.
  package enum Kind: String, Hashable, Sendable {
    case regular = "a regular file"
    case folder = "a folder"
    case link = "a symbolic link"
    case pipe = "a named pipe"
    case socket = "a socket"
    case device = "a device"
  }

  package let kind: Kind
  package let size: Int
  /// The permission bits.
  package let mode: UInt32
  let owner: uid_t
  /// How many names the file has.
  let linkCount: Int
  private let device: UInt
  private let inode: UInt
  /// When the content was changed last: seconds and nanoseconds.
  private let changedAt: [Int]

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
    size = Int(status.st_size)
    mode = status.st_mode & 0o7777
    owner = status.st_uid
    linkCount = Int(status.st_nlink)
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    changedAt = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }

  /// The status of a path; nil if nothing exists there.
  ///
  /// - Parameter followsLinks: whether to return the target of a symbolic link rather than the link.
  package static func of(
    _ path: String, followsLinks: Bool
  ) throws(Errno) -> FileStatus? {
    var status = stat()
    guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else {
      if errno == ENOENT { return nil }
      throw Errno.current
    }
    return FileStatus(status)
  }

  /// Whether both are the same file, even by different names.
  func isSameFile(as other: FileStatus?) -> Bool {
    device == other?.device && inode == other?.inode
  }

  /// Whether the file seems to have the same content as at an earlier time, without reading it.
  package func isUnchanged(since earlier: FileStatus) -> Bool {
    isSameFile(as: earlier) && size == earlier.size && changedAt == earlier.changedAt
  }

  /// Whether neither its group nor others can read it.
  var isForOwnerAlone: Bool { mode & 0o044 == 0 }

  /// Whether both belong to the same user.
  package func hasOwner(of other: FileStatus) -> Bool { owner == other.owner }

  /// Whether its owner is this user or root. Root may also act for the owner of the folder, as with sudo(8)
  /// in a user's checkout.
  package func isOwn(in folder: FileStatus?) -> Bool {
    let user = geteuid()
    return owner == user || owner == 0 || user == 0 && owner == folder?.owner
  }
}
