import Diagnostics
import Files
import Fleet
import FoundationEssentials
import Inventories

/// Reads an inventory from the files and programs that the user named, with everything that they include.
struct InventoryLoader {
  /// The prefix of variables of the environment that give values to variables of an inventory.
  private static let prefix = "DEPLOY_VAR_"

  /// One file or program that the user named.
  private struct Part {
    var path: String
    /// Nil for a file.
    var program: InventoryProgram?
  }

  private let parts: [Part]
  private let variables: [String: String]

  /// - Throws: a failure of the kind `usage` if it is not clear which file to use.
  init(_ location: FleetLocation, _ interaction: (any Interaction)?) throws {
    parts = try InventoryFile.paths(location, interaction).map { path, named in
      Part(path: path, program: InventoryProgram(path, named: named))
    }
    variables = location.variables
  }

  /// The file beside which the state and the CA are.
  var path: String { parts[0].path }

  /// The options that name the inventory, for commands in messages: what is behind `--inventory`.
  var words: String {
    parts.map { ShellWord.typed($0.path) }.joined(separator: " --inventory ")
      + variables.sorted { $0.key < $1.key }
      .map { " --var \(ShellWord.typed("\($0.key)=\($0.value)"))" }.joined()
  }

  /// Variables of the environment that name the inventory for another deploy.
  var environment: [String: String] {
    Dictionary(
      uniqueKeysWithValues: [("DEPLOY_INVENTORY", parts.map(\.path).joined(separator: ":"))]
        + variables.map { (Self.prefix + $0.key, $0.value) })
  }

  /// The inventory, with its mistakes.
  ///
  /// - Throws: a failure of the kind `invalidInput` if a file cannot be read or a program fails.
  func read() async throws -> Inventory.Reading {
    var bytes: [[UInt8]] = []
    for part in parts {
      if let program = part.program {
        bytes.append(try await program.output())
      } else {
        bytes.append(try InventoryFile.read(part.path))
      }
    }
    return reading(bytes)
  }

  /// The same for completions, which run nothing and do not wait for input; nil if that is needed.
  func readFiles() throws -> Inventory.Reading? {
    let isReadable = parts.allSatisfy {
      $0.program == nil && $0.path != InventoryFile.standardInput
    }
    return isReadable ? try reading(parts.map { try InventoryFile.read($0.path) }) : nil
  }

  private func reading(_ bytes: [[UInt8]]) -> Inventory.Reading {
    let sources = zip(parts, bytes).map { part, bytes in
      SourceText(
        file: InventoryFile.name(part.path), bytes: bytes, folder: folder(of: part.path))
    }
    let inventory = path == InventoryFile.standardInput ? nil : path
    return Inventory.read(
      sources, including: IncludedFilesOnDisk(inventory: inventory), given: given)
  }

  private var given: GivenVariables {
    let environment = ProcessInfo.processInfo.environment.filter {
      $0.key.hasPrefix(Self.prefix) && !$0.value.isEmpty
    }
    return GivenVariables(
      named: variables,
      ambient: Dictionary(
        environment.map { (String($0.key.dropFirst(Self.prefix.count)), $0.value) }
      ) { first, _ in first })
  }

  /// The folder of a file, from that of the first file.
  private func folder(of other: String) -> String {
    let (first, folder) = (normalFolder(of: path), normalFolder(of: other))
    if folder == first { return "" }
    if first.isEmpty { return folder }
    if folder.hasPrefix(first + "/") { return String(folder.dropFirst(first.count + 1)) }
    return LocalPath.joined(FileManager.default.currentDirectoryPath, folder)
  }

  private func normalFolder(of path: String) -> String {
    LocalPath.joined("", LocalPath.folder(of: path))
  }
}
