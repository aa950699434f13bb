import Fleet

/// The files that an inventory may include. The application reads them from the disk, tests from memory.
///
/// Paths are relative to the folder of the inventory, absolute, or below `~`.
package protocol IncludedFiles {
  /// The files whose paths match a glob, sorted; the path itself if it has no wildcard. Empty if there is none.
  func paths(matching glob: String) throws(UnreadableInclude) -> [String]
  /// The bytes of a file.
  func bytes(of path: String) throws(UnreadableInclude) -> [UInt8]
  /// The name of a file in messages.
  func name(of path: String) -> String
}

/// Why a file, or the folder in which it is looked for, is not read.
package struct UnreadableInclude: Error, Hashable, Sendable {
  /// What is wrong, with the file, as a sentence without its full stop.
  package var reason: String

  package init(reason: String) { self.reason = reason }
}

/// No files at all: an inventory that is one text.
package struct NoIncludedFiles: IncludedFiles {
  package init() {}
  package func paths(matching glob: String) -> [String] { [] }
  package func bytes(of path: String) throws(UnreadableInclude) -> [UInt8] {
    throw UnreadableInclude(reason: "\(path) does not exist")
  }
  package func name(of path: String) -> String { path }
}

/// A file of an inventory that is not one that the user named.
struct IncludedPath: ValidatedText {
  let text: String
  static let noun = "a path or a glob of files"
  static let rule = LocalPath.rule

  init?(_ text: String) {
    guard LocalPath(text) != nil else { return nil }
    self.text = text
  }

  func from(_ folder: String) -> IncludedPath {
    IncludedPath(unchecked: LocalPath.joined(folder, text))
  }

  private init(unchecked text: String) { self.text = text }
}
