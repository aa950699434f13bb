import FoundationEssentials

/// The folder that `~` stands for: `HOME`, as in shells, or else the home folder of the account.
enum HomeFolder {
  static let path: String = {
    let home = EnvironmentVariable.value("HOME") ?? ""
    return home.hasPrefix("/") ? home : FileManager.default.homeDirectoryForCurrentUser.path
  }()
}
