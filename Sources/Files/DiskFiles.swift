internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// Files in folders of this machine, read by ``FileReader`` and written by ``FileWriter``.
package struct DiskFiles: FileStore {
  package init() {}

  package var isShared: Bool { false }

  package func exists(_ path: String) throws(FileError) -> Bool {
    try naming(path, "be read") { () throws(Errno) in
      try FileStatus.of(path, followsLinks: true) != nil
    }
  }

  package func names(in folder: String) throws(FileError) -> [String] {
    guard try exists(folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw FileError(folder, "be read", Self.errno(error))
    }
  }

  package func read(_ path: String, as kind: FileKind) throws(FileError) -> [UInt8] {
    try FileReader.read(path, as: kind)
  }

  package func create(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError) {
    try FileWriter.create(path, contents: contents, for: access)
  }

  package func replace(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError) {
    try FileWriter.replace(path, contents: contents, for: access)
  }

  package func move(_ path: String, to destination: String) throws(FileError) {
    try FileWriter.move(path, to: destination)
  }

  package func remove(_ path: String) throws(FileError) { try FileWriter.remove(path) }

  package func destroy(_ path: String) throws(FileError) { try FileWriter.destroy(path) }

  package func makeFolder(_ path: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw FileError(path, "be created", Self.errno(error))
    }
    try checkIsOwn(path)
  }

  package func checkIsOwn(_ folder: String) throws(FileError) {
    try FileWriter.checkIsOwn(folder)
  }

  /// The system's error behind one of FileManager.
  private static func errno(_ error: any Error) -> Errno {
    let cause = (error as? CocoaError)?.underlying as? POSIXError
    return cause.map { Errno(rawValue: $0.code.rawValue) } ?? .ioError
  }
}
