import FoundationEssentials

/// Where `~` leads: `HOME`, as for shells; the account's own where that says nothing.
enum HomeFolder {
  static let path: String = {
    let home = EnvironmentVariable.value("HOME") ?? ""
    return home.hasPrefix("/") ? home : FileManager.default.homeDirectoryForCurrentUser.path
  }()
}
