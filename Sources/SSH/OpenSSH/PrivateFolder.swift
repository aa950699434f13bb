internal import Files
internal import Glibc
internal import SystemPackage

/// A folder that only this user looks into, for sockets and files that go with their owner.
struct PrivateFolder: Sendable {
  struct Problem: Error, CustomStringConvertible { let description: String }

  let path: String

  private init(path: String) { self.path = path }

  /// Makes a folder where those of a login are, else in /tmp.
  ///
  /// - Parameter name: what is to be seen in its path.
  static func make(_ name: String) throws(Problem) -> PrivateFolder {
    let named = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? ""
    let parent = named.isEmpty ? "/tmp" : named
    var template = Array("\(parent)/deploy-\(name).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Problem(description: "no folder can be made in \(parent): \(Errno.current)")
    }
    return PrivateFolder(
      path: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// Removes it with the files in it that have these names.
  func remove(with names: [String]) {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
