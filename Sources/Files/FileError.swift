internal import Glibc
package import SystemPackage

/// Why a file was not read or written. The message names the file and what to do.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The cause of the failure; each has its text and advice.
  package enum Reason: Hashable, Sendable {
    case missing
    /// It is not a regular file.
    case isKind(FileStatus.Kind)
    /// A symbolic link instead of a file that `deploy` named: it could lead to another
    /// file.
    case isLink
    case isTooLarge(limit: Int)
    /// A secret that other users can read.
    case isReadableByOthers
    /// A file for everyone that only its owner can read: it may be a secret.
    case isForOwnerAlone
    /// Standard input that a user types.
    case isTerminal
    case isOwnedByAnother
    /// A folder in which other users could replace a file.
    case isWritableByOthers
    /// It has more names than this one.
    case hasOtherNames
    case exists
    /// Another process is writing it.
    case isBeingWritten
    /// It is not the file that this run has written.
    case isChanged
    case system(Errno)
    /// What another store than the disk says, as a complete message.
    case store(String)
  }

  package let path: String
  /// The attempted action, as the rest of a sentence: "be read", "be replaced".
  let verb: String
  package let reason: Reason

  package init(_ path: String, _ verb: String, _ reason: Reason) {
    self.path = path
    self.verb = verb
    self.reason = reason
  }

  init(_ path: String, _ verb: String, _ error: Errno) {
    self.init(
      path, verb,
      error == .noSuchFileOrDirectory
        ? .missing : error == .tooManySymbolicLinkLevels ? .isLink : .system(error))
  }

  package var description: String {
    switch reason {
    case .isReadableByOthers:
      "\(path) can be read by other users: change that with\n    chmod 600 \(path)"
    case .isForOwnerAlone:
      "\(path) can be read by its owner only, so it may be a secret, but plans show its content. If it"
        + " is not a secret, allow others to read it with\n    chmod a+r \(path)"
    case .isWritableByOthers:
      "\(path) can be written by other users, who could put their own key in it: change that"
        + " with\n    chmod 700 \(path)"
    case .exists: "\(path) already exists and is not overwritten"
    default: "\(path) \(predicate)"
    }
  }

  /// The message without the file: "cannot be read: it is a folder, not a regular file".
  package var predicate: String { "cannot \(verb): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .missing: Errno.noSuchFileOrDirectory.description
    case .isKind(let kind): "it is \(kind.rawValue), not a regular file"
    case .isLink: "it is a symbolic link. Replace it with the file it points to"
    case .isTooLarge(let limit):
      "it is larger than \(ByteText.of(limit)), the limit for such a file"
    case .isTerminal: "it is a terminal. Redirect it from a file or a program"
    case .isOwnedByAnother: "it belongs to another user. Change its owner with chown, or remove it"
    case .hasOtherNames: "it has more than one name (hard link). Remove it"
    case .isBeingWritten: "another run is writing it. Wait for that run to end"
    case .isChanged: "another program has changed it"
    case .system(let error): error.description
    case .store(let message): message
    case .isReadableByOthers, .isForOwnerAlone, .isWritableByOthers, .exists: ""
    }
  }
}

/// Numbers of bytes in messages.
enum ByteText {
  static func of(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }
}
