/// A path on the controller: absolute, below `~/`, or relative to the inventory's folder.
package struct LocalPath: ValidatedText {
  package let text: String
  package static let noun = "a path on the controller"
  package static let rule = "1 to 4096 bytes without control characters"
  package static let userKnownHosts = LocalPath(unchecked: "~/.ssh/known_hosts")

  package init?(_ text: String) {
    guard (1...4096).contains(text.utf8.count),
      text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  /// The same file, for a reader to whom paths are relative to another folder.
  ///
  /// - Parameter folder: the folder that this path is relative to, from that other one; empty if it is the same.
  package func from(_ folder: String) -> LocalPath {
    folder.isEmpty ? self : LocalPath(unchecked: Self.joined(folder, text))
  }

  /// A path that is relative to a folder, without `.` and without `..` behind a name. A path that is absolute or below
  /// `~` does not depend on the folder.
  package static func joined(_ folder: String, _ path: String) -> String {
    if path.hasPrefix("/") || path.hasPrefix("~/") { return path }
    let whole = folder.isEmpty ? path : "\(folder)/\(path)"
    var names: [Substring] = []
    for name in whole.split(separator: "/") where name != "." {
      if name == "..", let last = names.last, last != "..", last != "~" {
        names.removeLast()
      } else if name != ".." || !whole.hasPrefix("/") {
        names.append(name)
      }
    }
    return (whole.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
  }

  /// The name of a file without its folder.
  package static func name(of path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// The folder of a file, as the path names it; empty for a name alone.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
