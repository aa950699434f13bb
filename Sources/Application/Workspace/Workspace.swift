package import CAStore
import Diagnostics
import Files
import Fleet
import FoundationEssentials
import Glibc
package import Inventories
import Playbooks
import StateStores

/// The paths of a fleet's inventory and state, as given with `--inventory` and `--state`, each nil for its default
/// path; and the command line they are from.
package struct FleetLocation: Sendable {
  package var inventory: String?
  package var state: String?
  /// How long a run waits for hosts that another run has reserved.
  package var lockTimeout: Duration
  /// Nil if runs are not recorded in the history.
  package var origin: RunOrigin?

  package init(
    inventory: String? = nil, state: String? = nil, lockTimeout: Duration = .zero,
    origin: RunOrigin? = nil
  ) {
    self.inventory = inventory
    self.state = state
    self.lockTimeout = lockTimeout
    self.origin = origin
  }
}

/// What the controller has of one fleet: inventory, state, files of the CA and address ranges.
/// ``open(_:_:)`` makes it.
package struct Workspace: Sendable {
  package private(set) var inventory: Inventory
  package let inventoryPath: String
  /// The state and the CA's files.
  let store: any FleetStore
  let lockWait: LockWait
  package let ca: CAFolder
  let networkFiles: NetworkFiles
  /// The command line that this run is from; nil if it is not recorded in the history.
  private(set) var origin: RunOrigin?

  init(
    _ inventory: Inventory, path: String, _ networkFiles: NetworkFiles, store: any FleetStore,
    lockWait: LockWait = .none
  ) {
    self.inventory = inventory
    inventoryPath = path
    self.store = store
    self.lockWait = lockWait
    ca = CAFolder(path: store.caFolder, inventoryPath: path, in: store.caFiles)
    self.networkFiles = networkFiles
  }

  /// The same with the address ranges that are saved now.
  func withSavedRanges() throws -> Workspace {
    var workspace = self
    workspace.inventory.networks = try networkFiles.read()
    return workspace
  }

  /// Where the state is, for messages.
  package var statePlace: String { store.place }

  /// Reads and checks the inventory, and shows its mistakes. Secrets in environment variables that
  /// it names are removed from the environment.
  ///
  /// - Throws: a failure of the kind `invalidInput` if the inventory has a mistake or cannot be
  ///   read, and `usage` if it is not clear which file to use.
  package static func open(
    _ location: FleetLocation, _ interaction: any Interaction
  ) throws -> Workspace {
    let path = try InventoryFile.path(location, interaction)
    var inventory = try read(path, InventoryFile.read(path), interaction) { Inventory.read($0) }
    SecretEnvironment.takeAll(of: inventory)
    let networkFiles = NetworkFiles(
      stem: InventoryFile.stem(path, fleet: inventory.fleet.text))
    inventory.networks = try networkFiles.read()
    var workspace = Workspace(
      inventory, path: path, networkFiles,
      store: try declaredStore(of: inventory, path, location, stem: networkFiles.stem),
      lockWait: LockWait(timeout: location.lockTimeout) { other in
        interaction.inform("waiting for another run: \(other)")
      })
    workspace.origin = location.origin
    return workspace
  }

  /// Reads and checks a playbook, and shows its mistakes.
  static func playbook(_ path: String, _ interaction: any Interaction) throws -> Playbook {
    let bytes = try Failure.naming(.invalidInput) { () throws(FileError) in
      try FileReader.read(path, as: .inventory)
    }
    return try read(path, bytes, interaction) { Playbook.read($0) }
  }

  /// Reads the given playbook, or returns the default one of the command. A playbook with the
  /// procedure of another command is refused.
  static func playbook(
    _ path: String?, for command: Playbook.Procedure.Command, _ interaction: any Interaction
  ) throws -> Playbook {
    guard let path else {
      return switch command {
      case .apply: .rolling
      case .rotateCertificates: .rotatingCertificates
      case .rotateCA: .rotatingCA
      }
    }
    let playbook = try playbook(path, interaction)
    guard let other = playbook.procedure?.command, other != command else { return playbook }
    let isFromVariable = EnvironmentVariable.value("DEPLOY_PLAYBOOK") == path
    throw Failure(
      .usage,
      "\(path)\(isFromVariable ? ", from DEPLOY_PLAYBOOK," : "") has the procedure of another command. Run it"
        + " with\n    \(other.rawValue)"
        + " --playbook \(path)")
  }

  /// Reads a file that the user wrote, and shows its mistakes and warnings.
  private static func read<Value>(
    _ path: String, _ bytes: [UInt8], _ interaction: any Interaction,
    _ decode: (SourceText) -> (Value?, [Diagnostic])
  ) throws -> Value {
    let source = SourceText(file: InventoryFile.name(path), bytes: bytes)
    let (value, diagnostics) = decode(source)
    if !diagnostics.isEmpty { interaction.show(diagnostics, in: source) }
    guard let value else { throw Failure(.invalidInput) }
    return value
  }

  /// The names of the inventories in a folder, sorted. The only one there is used if none is named.
  ///
  /// - Returns: nil if there is no such folder.
  /// - Throws: a failure of the kind `usage` if the folder cannot be read.
  static func inventories(in folder: String) throws -> [String]? {
    var status = stat()
    if lstat(folder, &status) != 0, [ENOENT, ENOTDIR].contains(errno) { return nil }
    guard let stream = opendir(folder) else {
      throw Failure(.usage, "\(folder)/ cannot be read: \(String(cString: strerror(errno)))")
    }
    closedir(stream)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return names.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }.sorted()
  }

  /// The inventory that a shell completes words from: nothing is shown, and nothing but the inventory is read.
  ///
  /// - Returns: nil if it is not clear which inventory to use, or if it has a mistake.
  package static func inventoryForCompletion(_ location: FleetLocation) -> Inventory? {
    guard let path = try? InventoryFile.path(location, nil), path != InventoryFile.standardInput,
      let bytes = try? FileReader.read(path, as: .inventory)
    else { return nil }
    return Inventory.read(SourceText(file: path, text: String(decoding: bytes, as: UTF8.self))).0
  }

  /// Resolves a path that the inventory names: absolute, below `~`, or relative to the inventory's
  /// folder.
  func resolve(_ path: String) -> String {
    if path.hasPrefix("~/") {
      return HomeFolder.path + path.dropFirst()
    }
    return resolveOutsideHome(path)
  }

  /// The same, but leaves paths below `~` unchanged.
  func resolveOutsideHome(_ path: String) -> String {
    if path.hasPrefix("/") || path.hasPrefix("~/") { return path }
    let folder = URL(filePath: inventoryPath).deletingLastPathComponent().relativePath
    return folder == "." ? path : "\(folder)/\(path)"
  }
}
