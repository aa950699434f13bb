import Files
import FoundationEssentials
import Glibc
import Inventories
import Synchronization

/// Which file an inventory is read from: the one that the user named, the one in DEPLOY_INVENTORY, the only one in the
/// nearest `Inventories/`, of the current folder or a folder above it, or standard input.
enum InventoryFile {
  /// The name with which the user says that the inventory is on standard input. What is beside an inventory is then in
  /// the current folder, named after the fleet.
  static let standardInput = "-"

  /// The name of an inventory in messages.
  static func name(_ path: String) -> String { path == standardInput ? "standard input" : path }

  /// The paths of the inventory and of the files on top of it, each also as it was named. A symbolic link is followed,
  /// so that the state and the CA are those of the file itself.
  ///
  /// - Throws: a failure of the kind `usage` if it is not clear which file to use, or which state and CA.
  static func paths(
    _ location: FleetLocation, _ interaction: (any Interaction)?
  ) throws -> [(path: String, named: String)] {
    let named = location.inventories.isEmpty ? fromEnvironment : location.inventories
    guard named.isEmpty else {
      guard named.count(where: { $0 == standardInput }) < 2 else {
        throw Failure(.usage, "standard input can be read once: name other inventories by files")
      }
      return try named.map { path in
        (path == standardInput ? path : try LinkedInventory.followed(path), path)
      }
    }
    let path = try discovered(interaction)
    return [(try LinkedInventory.followed(path), path)]
  }

  /// Those in DEPLOY_INVENTORY, separated by colons unless there is a file of this name.
  private static var fromEnvironment: [String] {
    guard let value = EnvironmentVariable.value("DEPLOY_INVENTORY") else { return [] }
    if FileManager.default.fileExists(atPath: value) { return [value] }
    return value.split(separator: ":").map(String.init)
  }

  /// The only inventory of the nearest folder.
  private static func discovered(_ interaction: (any Interaction)?) throws -> String {
    for folder in folders {
      // The nearest one decides, even if it is empty: a fleet further above is another one.
      guard let candidates = try Workspace.inventories(in: folder) else { continue }
      let isAbove = folder != Self.folder
      if isAbove { try FolderTrust.check(folder) }
      guard !candidates.isEmpty else {
        throw Failure(
          .usage,
          "there is no inventory in \(folder)/, which is the nearest folder of this name: name one with --inventory,"
            + " or create one with \"deploy init\"")
      }
      guard candidates.count == 1 else {
        throw Failure(
          .usage,
          "there are several inventories in \(folder)/ (\(candidates.joined(separator: ", "))): name one with"
            + " --inventory")
      }
      let path = "\(folder)/\(candidates[0])"
      if isAbove {
        try FolderTrust.check(folder, file: path)
        interaction?.inform("using the inventory \(path)")
      }
      return path
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
