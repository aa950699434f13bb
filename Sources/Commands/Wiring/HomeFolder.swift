import Foundation

/// Where `~` leads: `HOME`, as for shells; the account's own where that says nothing.
enum HomeFolder {
  static let path: String = {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
    return home.hasPrefix("/") ? home : FileManager.default.homeDirectoryForCurrentUser.path
  }()
}
