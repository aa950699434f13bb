import Files
import FoundationEssentials
import Glibc
import Inventories
import Synchronization

/// Which file an inventory is read from: the one that the user named, the one in DEPLOY_INVENTORY, the only one in
/// `Inventories/` of the current folder or the nearest folder above it, or standard input.
enum InventoryFile {
  /// The name with which the user says that the inventory is on standard input. What is beside an inventory is then in
  /// the current folder, named after the fleet.
  static let standardInput = "-"

  /// The name of an inventory in messages.
  static func name(_ path: String) -> String { path == standardInput ? "standard input" : path }

  /// The path of the inventory. A symbolic link is followed, so that the state and the CA are those of the file itself.
  ///
  /// - Throws: a failure of the kind `usage` if it is not clear which file to use.
  static func path(_ location: FleetLocation, _ interaction: (any Interaction)?) throws -> String {
    if let path = location.inventory ?? EnvironmentVariable.value("DEPLOY_INVENTORY") {
      return path == standardInput ? path : followed(path)
    }
    for folder in folders {
      let candidates = Workspace.inventories(in: folder)
      guard !candidates.isEmpty else { continue }
      if folder != Self.folder { try refuseForeign(folder) }
      guard candidates.count == 1 else {
        throw Failure(
          .usage,
          "there are several inventories in \(folder)/ (\(candidates.joined(separator: ", "))): name one with"
            + " --inventory")
      }
      let path = "\(folder)/\(candidates[0])"
      if folder != Self.folder { interaction?.inform("using the inventory \(path)") }
      return followed(path)
    }
    throw Failure(
      .usage,
      "there is no inventory in \(Self.folder)/, here or in a folder above: name one with --inventory, or create one"
        + " with \"deploy init\"")
  }

  /// The bytes of an inventory.
  static func read(_ path: String) throws -> [UInt8] {
    try Failure.naming(.invalidInput) { () throws(FileError) in
      path == standardInput ? try input.bytes() : try FileReader.read(path, as: .inventory)
    }
  }

  /// What the names of files beside the inventory begin with.
  static func stem(_ path: String, fleet: String) -> String {
    path == standardInput ? fleet : URL(filePath: path).deletingPathExtension().relativePath
  }

  // MARK: - Looking for it

  private static let folder = "Inventories"

  /// `Inventories` in the current folder, and in each folder above it, the nearest first.
  private static var folders: [String] {
    let depth = FileManager.default.currentDirectoryPath.split(separator: "/").count
    return (0...depth).map { String(repeating: "../", count: $0) + folder }
  }

  /// Refuses a folder above the current one that another user could have made, as git does: an inventory names
  /// programs that run.
  private static func refuseForeign(_ folder: String) throws {
    var status = stat()
    guard stat(folder, &status) == 0, [0, geteuid()].contains(status.st_uid) else {
      throw Failure(
        .usage,
        "\(folder)/ has an inventory, but the folder belongs to another user, and an inventory names programs that"
          + " run. If you trust it, name the file with --inventory")
    }
  }

  /// The file that a symbolic link leads to, relative to the current folder if it is below it; any other path as it is.
  private static func followed(_ path: String) -> String {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
      // Anything else is refused when it is read, under the name that the user knows.
      stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let resolved = realpath(path, nil)
    else { return path }
    defer { free(resolved) }
    let absolute = String(cString: resolved)
    let current = FileManager.default.currentDirectoryPath
    let prefix = current.hasSuffix("/") ? current : current + "/"
    return absolute.hasPrefix(prefix) ? String(absolute.dropFirst(prefix.count)) : absolute
  }

  // MARK: - Standard input

  private static let input = StandardInput()

  /// Standard input, which is read once: a command may open the inventory twice.
  private final class StandardInput: Sendable {
    private let known = Mutex<[UInt8]?>(nil)

    func bytes() throws(FileError) -> [UInt8] {
      if let bytes = known.withLock(\.self) { return bytes }
      let bytes = try FileReader.readStandardInput(as: .inventory)
      known.withLock { $0 = bytes }
      return bytes
    }
  }
}
