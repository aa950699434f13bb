internal import Files
internal import Glibc
internal import SystemPackage

/// A folder that only this user can read, for sockets and files that are deleted with their owner.
struct PrivateFolder: Sendable {
  struct Problem: Error, CustomStringConvertible { let description: String }

  let path: String

  private init(path: String) { self.path = path }

  /// Creates a folder in XDG_RUNTIME_DIR if there is one, else in /tmp.
  ///
  /// - Parameter name: a part of its path.
  static func make(_ name: String) throws(Problem) -> PrivateFolder {
    let named = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? ""
    let parent = named.isEmpty ? "/tmp" : named
    var template = Array("\(parent)/deploy-\(name).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Problem(description: "could not create a folder in \(parent): \(Errno.current)")
    }
    return PrivateFolder(
      path: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// Removes the folder and the files in it that have these names.
  func remove(with names: [String]) {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
