import CAStore
import Certificates
import Diagnostics
import Files
package import Fleet
import FoundationEssentials
import Glibc
import Inventories
import State

/// What a new fleet starts from, and the folder that it is written to.
package struct Starter {
  package let fleet: FleetName
  private let folder: String
  private let interaction: any Interaction
  /// Whether the passphrase is in DEPLOY_PASSPHRASE, where the inventory says then that it is.
  private let hasPassphrase = SecretEnvironment.take(SecretEnvironment.usualPassphrase) != nil

  /// - Parameter name: the fleet's; nil for one that is made of the folder's.
  package init(_ name: String?, in folder: String, _ interaction: any Interaction) throws {
    self.folder = folder
    self.interaction = interaction
    if let name {
      guard let fleet = FleetName(name) else {
        throw Failure(.usage, "\"\(name)\" is no fleet name: that is \(FleetName.rule)")
      }
      self.fleet = fleet
      return
    }
    let folderName = URL(filePath: folder).standardizedFileURL.lastPathComponent
    guard let fleet = Self.fleet(namedAs: folderName) else {
      throw Failure(
        .usage, "no fleet can be named as the folder \"\(folderName)\": give it a name with --name")
    }
    self.fleet = fleet
  }

  /// Writes all files, with a CA unless none is wanted. Nothing that exists is written over.
  package func write(withCA: Bool) async throws {
    try refuseWhatIsInTheWay()
    try write(withCA ? await passphrase() : nil)
  }

  /// A folder's name as far as it can name a fleet.
  static func fleet(namedAs folder: String) -> FleetName? {
    let words = folder.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = words.joined(separator: "-").prefix(63)
    return FleetName(String(name.reversed().drop { $0 == "-" }.reversed()))
  }

  package var inventory: String { "Inventories/\(fleet).yml" }
  package var ca: String { "Inventories/\(fleet).ca" }
  private var state: String { "Inventories/\(fleet).state.json" }

  package func path(_ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The text files, by their paths in the folder.
  package var files: [(name: String, text: String)] {
    [
      (inventory, inventoryText),
      ("Playbooks/all-at-once.yml", Self.text(PackageResources.all_at_once_yml)),
      ("Playbooks/canary.yml", Self.text(PackageResources.canary_yml)),
      ("Playbooks/decommission.yml", Self.text(PackageResources.decommission_yml)),
      ("Playbooks/rolling.yml", Self.text(PackageResources.rolling_yml)),
      ("Playbooks/rotate-ca.yml", Self.text(PackageResources.rotate_ca_yml)),
      ("Playbooks/rotate-certificates.yml", Self.text(PackageResources.rotate_certificates_yml)),
    ]
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

  /// A state or a CA is one of a fleet of this name, whether or not this run makes one.
  private func refuseWhatIsInTheWay() throws {
    let names = files.map(\.name) + [ca, state]
    let existing = names.map(path).filter(Self.exists)
    let blocked = [folder, path("Inventories"), path("Playbooks")].filter {
      Self.exists($0) && !Self.isFolder($0)
    }
    let inTheWay = blocked.isEmpty ? existing : blocked
    guard inTheWay.isEmpty else {
      throw Failure(
        .failed,
        "nothing was written, for these are there already:\n    "
          + inTheWay.joined(separator: "\n    ")
          + "\nMove them away, name another folder, or another fleet with --name where the inventory"
          + " alone is in the way.")
    }
  }

  private func passphrase() async throws -> Secret {
    try await ConfiguredPassphrase(
      workspace(in: folder), interaction,
      source: hasPassphrase ? policy().passphrase : .terminal,
      instead: "set DEPLOY_PASSPHRASE, or leave the CA out with --no-ca"
    ).read(isNew: true)
  }

  private func policy() throws -> CAPolicy { try workspace(in: folder).inventory.ca }

  private func workspace(in folder: String) throws -> Workspace {
    let text = SourceText(file: inventory, bytes: Array(inventoryText.utf8))
    guard let read = Inventory.read(text).0 else {
      preconditionFailure("The inventory to start from is wrong. This is a bug in deploy.")
    }
    let stem = "\(folder)/Inventories/\(fleet)"
    return Workspace(read, path: stem + ".yml", NetworkFiles(stem: stem))
  }

  // MARK: - Writing

  /// Writes everything beside where it is to be, then moves it there: what fails, a full disk above all,
  /// fails before anything is in its place.
  private func write(_ passphrase: Secret?) throws {
    var made = Made()
    do {
      try made.folder(folder)
      let new = path(".deploy-init-\(getpid())")
      try made.folder(new)
      try made.folder("\(new)/Inventories")
      try made.folder("\(new)/Playbooks")
      for (name, text) in files {
        try made.file("\(new)/\(name)", text)
      }
      if let passphrase {
        made.paths.append("\(new)/\(ca)")
        _ = try workspace(in: new).ca.add(
          policy(), passphrase: passphrase, now: Timestamp.current.secondsSince1970)
      }
      try made.folder(path("Inventories"))
      try made.folder(path("Playbooks"))
      for name in files.map(\.name) + (passphrase == nil ? [] : [ca]) {
        try made.move("\(new)/\(name)", to: path(name))
      }
      for empty in ["\(new)/Inventories", "\(new)/Playbooks", new] { rmdir(empty) }
    } catch {
      for problem in made.undo() { interaction.warn(problem) }
      throw error
    }
  }

  /// What a run has made so far, to be taken away where it fails.
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

    /// One that came meanwhile is not written over.
    mutating func move(_ path: String, to destination: String) throws {
      guard !Starter.exists(destination) else {
        throw Failure(.failed, "\(destination) came while it was made: nothing was written")
      }
      try FileWriter.move(path, to: destination)
      paths.append(destination)
    }

    /// - Returns: what cannot be removed, a sentence each.
    func undo() -> [String] {
      var problems: [String] = []
      for path in paths.reversed() where Starter.exists(path) {
        do {
          // Another's file may have come into a folder that this run made: it stays, and so does that.
          if Starter.isFolder(path), !path.hasSuffix(".ca") {
            guard rmdir(path) == 0 || errno == ENOTEMPTY else { throw Self.failure(path) }
          } else {
            try FileManager.default.removeItem(atPath: path)
          }
        } catch {
          problems.append("\(path) cannot be removed: \(error.reason)")
        }
      }
      return problems
    }

    private static func failure(_ path: String) -> Failure {
      Failure(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
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
