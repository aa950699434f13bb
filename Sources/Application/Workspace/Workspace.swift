package import CAStore
import Diagnostics
import Files
import Fleet
import FoundationEssentials
import Glibc
package import Inventories
import Playbooks
import StateStores

/// The paths of a fleet's inventory and state, as given with `--inventory` and `--state`, and the command line they are
/// from.
package struct FleetLocation: Sendable {
  /// The inventory, and files on top of it; empty for the default.
  package var inventories: [String]
  /// The values of variables of the inventory, as given with `--var`.
  package var variables: [String: String]
  /// Nil for the default path.
  package var state: String?
  /// How long a run waits for hosts that another run has reserved.
  package var lockTimeout: Duration
  /// Nil if runs are not recorded in the history.
  package var origin: RunOrigin?

  package init(
    inventories: [String] = [], variables: [String: String] = [:], state: String? = nil,
    lockTimeout: Duration = .zero, origin: RunOrigin? = nil
  ) {
    self.inventories = inventories
    self.variables = variables
    self.state = state
    self.lockTimeout = lockTimeout
    self.origin = origin
  }
}

/// What the controller has of one fleet: inventory, state, files of the CA and address ranges.
/// ``open(_:_:)`` makes it.
package struct Workspace: Sendable {
  package private(set) var inventory: Inventory
  /// The file that the user named first.
  package let inventoryPath: String
  /// What is behind `--inventory` in commands of messages: the file, files on top of it, and variables.
  package let inventoryWords: String
  /// Variables of the environment that name the inventory for another deploy.
  private(set) var environment: [String: String]
  /// The state and the CA's files.
  let store: any FleetStore
  let lockWait: LockWait
  package let ca: CAFolder
  let networkFiles: NetworkFiles
  /// The command line that this run is from; nil if it is not recorded in the history.
  private(set) var origin: RunOrigin?

  init(
    _ inventory: Inventory, path: String, words: String? = nil, _ networkFiles: NetworkFiles,
    store: any FleetStore, lockWait: LockWait = .none
  ) {
    self.inventory = inventory
    inventoryPath = path
    inventoryWords = words ?? path
    environment = ["DEPLOY_INVENTORY": path]
    self.store = store
    self.lockWait = lockWait
    ca = CAFolder(path: store.caFolder, inventoryPath: inventoryWords, in: store.caFiles)
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
  ) async throws -> Workspace {
    let loader = try InventoryLoader(location, interaction)
    let path = loader.path
    let reading = try await loader.read()
    if !reading.diagnostics.isEmpty {
      interaction.show(reading.diagnostics, in: reading.sources)
    }
    guard var inventory = reading.inventory else { throw Failure(.invalidInput) }
    SecretEnvironment.takeAll(of: inventory)
    let networkFiles = NetworkFiles(
      stem: InventoryFile.stem(path, fleet: inventory.fleet.text))
    inventory.networks = try networkFiles.read()
    var workspace = Workspace(
      inventory, path: path, words: loader.words, networkFiles,
      store: try declaredStore(of: inventory, path, location, stem: networkFiles.stem),
      lockWait: LockWait(timeout: location.lockTimeout) { other in
        interaction.inform("waiting for another run: \(other)")
      })
    workspace.environment = loader.environment
    workspace.origin = location.origin
    return workspace
  }

  /// Reads and checks a playbook, and shows its mistakes.
  static func playbook(_ path: String, _ interaction: any Interaction) throws -> Playbook {
    let bytes = try Failure.naming(.invalidInput) { () throws(FileError) in
      try FileReader.read(path, as: .inventory)
    }
    let source = SourceText(file: path, bytes: bytes)
    let (playbook, diagnostics) = Playbook.read(source)
    if !diagnostics.isEmpty { interaction.show(diagnostics, in: [source]) }
    guard let playbook else { throw Failure(.invalidInput) }
    return playbook
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

  /// The inventory that a shell completes words from: nothing is shown, nothing runs, and nothing but the inventory is
  /// read.
  ///
  /// - Returns: nil if it is not clear which inventory to use, or if it has a mistake.
  package static func inventoryForCompletion(_ location: FleetLocation) -> Inventory? {
    guard let loader = try? InventoryLoader(location, nil) else { return nil }
    return (try? loader.readFiles())?.inventory
  }

  /// Resolves a path that the inventory names: absolute, below `~`, or relative to the inventory's
  /// folder.
  func resolve(_ path: String) -> String { Self.resolve(path, beside: inventoryPath) }

  /// The same for an inventory that is not open.
  static func resolve(_ path: String, beside inventory: String) -> String {
    path.hasPrefix("~/")
      ? HomeFolder.path + path.dropFirst() : resolveOutsideHome(path, beside: inventory)
  }

  /// The same, but leaves paths below `~` unchanged.
  func resolveOutsideHome(_ path: String) -> String {
    Self.resolveOutsideHome(path, beside: inventoryPath)
  }

  private static func resolveOutsideHome(_ path: String, beside inventory: String) -> String {
    if path.hasPrefix("/") || path.hasPrefix("~/") { return path }
    let folder = URL(filePath: inventory).deletingLastPathComponent().relativePath
    return folder == "." ? path : "\(folder)/\(path)"
  }
}
