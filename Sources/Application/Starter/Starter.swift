import CAStore
import Certificates
import Diagnostics
import Files
package import Fleet
import FoundationEssentials
import Glibc
import Inventories
import State
import StateStores

/// The files of a new fleet, which `deploy init` writes to a folder: inventory, playbooks, CA and
/// fleet key.
package struct Starter {
  package let fleet: FleetName
  private let folder: String
  private let interaction: any Interaction
  /// Whether DEPLOY_PASSPHRASE has the passphrase; the new inventory then names that variable.
  private let hasPassphrase = SecretEnvironment.take(SecretEnvironment.usualPassphrase) != nil

  /// - Parameter name: the fleet's name; nil to derive it from the folder's name.
  package init(_ name: String?, in folder: String, _ interaction: any Interaction) throws {
    self.folder = folder
    self.interaction = interaction
    if let name {
      guard let fleet = FleetName(name) else {
        throw Failure(.usage, "\"\(name)\" is not a fleet name: use \(FleetName.rule)")
      }
      self.fleet = fleet
      return
    }
    let folderName = URL(filePath: folder).standardizedFileURL.lastPathComponent
    guard let fleet = Self.fleet(namedAs: folderName) else {
      throw Failure(
        .usage,
        "the folder name \"\(folderName)\" gives no fleet name: set one with --name")
    }
    self.fleet = fleet
  }

  /// Writes all files, with or without a CA. Existing files are never overwritten.
  package func write(withCA: Bool) async throws {
    try refuseExistingFiles()
    try write(withCA ? await passphrase() : nil)
  }

  /// The fleet name that a folder's name gives; nil if it has no letters or digits.
  static func fleet(namedAs folder: String) -> FleetName? {
    let words = folder.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = words.joined(separator: "-").prefix(63)
    return FleetName(String(name.reversed().drop { $0 == "-" }.reversed()))
  }

  /// The path of the inventory, relative to the folder of the fleet.
  package var inventory: String { "Inventories/\(fleet).yml" }
  /// The path of the CA's folder, relative to the folder of the fleet.
  package var ca: String { "Inventories/\(fleet).ca" }
  private var state: String { "Inventories/\(fleet).state.json" }

  /// Whether commands in the folder use the inventory without `--inventory`.
  package var isDefaultInventory: Bool {
    EnvironmentVariable.value("DEPLOY_INVENTORY") == nil
      && (try? Workspace.inventories(in: path("Inventories")))?.count == 1
  }

  /// A path in the folder of the fleet, with that folder as the user gave it.
  package func path(_ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The text files, with their paths in the folder. Editors find the schema of a file in its first line: a relative
  /// path, so that it is there in every copy of the folder, without a network and without `deploy`.
  package var files: [(name: String, text: String)] {
    get throws {
      [
        (inventory, Self.line(.inventory) + inventoryText),
        playbook("all-at-once", PackageResources.all_at_once_yml),
        playbook("canary", PackageResources.canary_yml),
        playbook("decommission", PackageResources.decommission_yml),
        playbook("rolling", PackageResources.rolling_yml),
        playbook("rotate-ca", PackageResources.rotate_ca_yml),
        playbook("rotate-certificates", PackageResources.rotate_certificates_yml),
        (Self.schema(.inventory), try KeyReference.inventory.schema()),
        (Self.schema(.playbook), try KeyReference.playbook.schema()),
      ]
    }
  }

  private func playbook(_ name: String, _ text: [UInt8]) -> (name: String, text: String) {
    ("Playbooks/\(name).yml", Self.line(.playbook) + Self.text(text))
  }

  private static func schema(_ reference: KeyReference) -> String {
    "schemas/\(reference.rawValue).json"
  }

  /// The line from which the YAML language server takes the schema.
  private static func line(_ reference: KeyReference) -> String {
    "# yaml-language-server: $schema=../\(schema(reference))\n"
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private var inventoryText: String {
    Self.text(PackageResources.inventory_yml)
      .replacing("@FLEET@", with: fleet.text)
      .replacing(
        "@PASSPHRASE@",
        with: hasPassphrase
          ? "passphrase: {env: DEPLOY_PASSPHRASE}" : "# passphrase: {env: DEPLOY_PASSPHRASE}")
  }

  /// Stops if any file already exists. A state or a CA belongs to an existing fleet of this name,
  /// even if this run creates no CA.
  private func refuseExistingFiles() throws {
    let names = try files.map(\.name) + [ca, state, StateFile.journalPath(forState: state)]
    let existing = names.map(path).filter(Self.exists)
    let blocked = [folder, path("Inventories"), path("Playbooks"), path("schemas")].filter {
      Self.exists($0) && !Self.isFolder($0)
    }
    let inTheWay = blocked.isEmpty ? existing : blocked
    guard inTheWay.isEmpty else {
      throw Failure(
        .failed,
        "nothing was written, because these already exist:\n    "
          + inTheWay.joined(separator: "\n    ")
          + "\nMove them away, or choose another folder. If only files in Inventories/ exist, another fleet"
          + " name (--name) is enough.")
    }
  }

  /// The passphrase of the new CA, from DEPLOY_PASSPHRASE or the terminal.
  private func passphrase() async throws -> Secret {
    try await ConfiguredPassphrase(
      workspace(in: folder), interaction,
      source: hasPassphrase ? policy().passphrase : .terminal,
      instead: "set DEPLOY_PASSPHRASE, or leave the CA out with --no-ca"
    ).read(isNew: true)
  }

  private func policy() throws -> CAPolicy { try workspace(in: folder).inventory.ca }

  /// The files of the new fleet in a folder, which need not exist yet.
  private func workspace(in folder: String) throws -> Workspace {
    let text = SourceText(file: inventory, bytes: Array(inventoryText.utf8))
    guard let read = Inventory.read(text).0 else {
      preconditionFailure("The initial inventory is invalid. This is a bug in deploy.")
    }
    let stem = "\(folder)/Inventories/\(fleet)"
    return Workspace(
      read, path: stem + ".yml", NetworkFiles(stem: stem),
      store: StateFiles(stem + ".state.json", fleet: read.fleet.text, caFolder: stem + ".ca"))
  }

  // MARK: - Writing

  /// Writes all files to a temporary folder, then moves them to their places: errors such as a full
  /// disk occur before any file is in its place.
  private func write(_ passphrase: Secret?) throws {
    var made = Made()
    do {
      try made.folder(folder)
      let new = path(".deploy-init-\(getpid())")
      try made.folder(new)
      try made.folder("\(new)/Inventories")
      try made.folder("\(new)/Playbooks")
      try made.folder("\(new)/schemas")
      for (name, text) in try files {
        try made.file("\(new)/\(name)", text)
      }
      if let passphrase {
        made.paths.append("\(new)/\(ca)")
        let created = try workspace(in: new).ca
        let generation = try created.add(
          policy(), passphrase: passphrase, now: Timestamp.current.secondsSince1970)
        try created.makeFleetKey(generation.generation, of: fleet.text, after: [])
      }
      try made.folder(path("Inventories"))
      try made.folder(path("Playbooks"))
      try made.folder(path("schemas"))
      for name in try files.map(\.name) + (passphrase == nil ? [] : [ca]) {
        try made.move("\(new)/\(name)", to: path(name))
      }
      for empty in ["\(new)/Inventories", "\(new)/Playbooks", "\(new)/schemas", new] {
        rmdir(empty)
      }
    } catch {
      for problem in made.undo() { interaction.warn(problem) }
      throw error
    }
  }

  /// The files and folders that a run has created so far, which are removed if it fails.
  private struct Made {
    var paths: [String] = []

    mutating func folder(_ path: String) throws {
      if mkdir(path, 0o755) == 0 { return paths.append(path) }
      guard errno == EEXIST, Starter.isFolder(path) else { throw Self.failure(path) }
    }

    mutating func file(_ path: String, _ text: String) throws {
      paths.append(path)
      try FileWriter.create(path, text: text, for: .everyone)
    }

    /// Moves a file or folder to a path that must not exist yet.
    mutating func move(_ path: String, to destination: String) throws {
      guard !Starter.exists(destination) else {
        throw Failure(
          .failed, "\(destination) was created by another program meanwhile: nothing was written")
      }
      try FileWriter.move(path, to: destination)
      paths.append(destination)
    }

    /// Removes everything.
    ///
    /// - Returns: a sentence for each path that could not be removed.
    func undo() -> [String] {
      var problems: [String] = []
      for path in paths.reversed() where Starter.exists(path) {
        do {
          // A folder that this run created may have a file of another program by now: both stay.
          if Starter.isFolder(path), !path.hasSuffix(".ca") {
            guard rmdir(path) == 0 || errno == ENOTEMPTY else { throw Self.failure(path) }
          } else {
            try FileManager.default.removeItem(atPath: path)
          }
        } catch {
          problems.append("could not remove \(path): \(error.reason)")
        }
      }
      return problems
    }

    private static func failure(_ path: String) -> Failure {
      Failure(.failed, "could not create \(path): \(String(cString: strerror(errno)))")
    }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
