/// Where the files of a fleet's CA are kept: in a folder of this machine, or in a database.
///
/// A file is written whole or not at all. Paths are as messages show them.
package protocol FileStore: Sendable {
  /// Whether others than the user of this process may read the files, so that no secret may be there in clear.
  var isShared: Bool { get }
  func exists(_ path: String) throws(FileError) -> Bool
  /// The names in a folder, sorted; none if it does not exist.
  func names(in folder: String) throws(FileError) -> [String]
  func read(_ path: String, as kind: FileKind) throws(FileError) -> [UInt8]
  /// Writes a new file; an existing one is refused.
  func create(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError)
  /// Writes a file that may exist already.
  func replace(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError)
  /// Moves a file; a missing one is not an error.
  func move(_ path: String, to destination: String) throws(FileError)
  /// Removes a file; a missing one is not an error.
  func remove(_ path: String) throws(FileError)
  /// Removes a file so that its content cannot be found again where it was; a missing one is not an error.
  func destroy(_ path: String) throws(FileError)
  /// Creates a folder for secrets if it is not there; refuses one in which other users could replace a file.
  func makeFolder(_ path: String) throws(FileError)
  /// Refuses a folder in which other users could replace a file.
  func checkIsOwn(_ folder: String) throws(FileError)
}

extension FileStore {
  /// Reads a whole file; nil if it does not exist.
  package func readIfPresent(
    _ path: String, as kind: FileKind
  ) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try read(path, as: kind)
    } catch {
      if error.reason == .missing { return nil }
      throw error
    }
  }

  /// Writes a new text file.
  package func create(
    _ path: String, text: String, for access: FileWriter.Access
  ) throws(FileError) {
    try create(path, contents: Array(text.utf8), for: access)
  }

  /// Replaces a text file.
  package func replace(
    _ path: String, text: String, for access: FileWriter.Access
  ) throws(FileError) {
    try replace(path, contents: Array(text.utf8), for: access)
  }
}
