import Certificates
import Diagnostics
import Files
import Fleet
import Foundation
import Inventories
import State

/// What a new fleet starts from, and the folder that it is written to.
struct Starter {
  let fleet: FleetName
  let folder: String
  /// Whether the passphrase is in DEPLOY_PASSPHRASE, where the inventory says then that it is.
  let hasPassphrase: Bool

  /// A folder's name as far as it can name a fleet.
  static func fleet(namedAs folder: String) -> FleetName? {
    let words = folder.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = words.joined(separator: "-").prefix(63)
    return FleetName(String(name.reversed().drop { $0 == "-" }.reversed()))
  }

  var inventory: String { "Inventories/\(fleet).yml" }
  var authority: String { "Inventories/\(fleet).authority" }
  private var state: String { "Inventories/\(fleet).state.json" }

  func path(_ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The text files, by their paths in the folder.
  var files: [(name: String, text: String)] {
    [
      (inventory, inventoryText),
      ("Playbooks/all-at-once.yml", Self.text(PackageResources.all_at_once_yml)),
      ("Playbooks/canary.yml", Self.text(PackageResources.canary_yml)),
      ("Playbooks/decommission.yml", Self.text(PackageResources.decommission_yml)),
      ("Playbooks/rolling.yml", Self.text(PackageResources.rolling_yml)),
      ("Playbooks/rotate-authority.yml", Self.text(PackageResources.rotate_authority_yml)),
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

  /// A state or an authority is one of a fleet of this name, whether or not this run makes one.
  func refuseWhatIsInTheWay(withAuthority: Bool) throws {
    let names = files.map(\.name) + [authority, state]
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

  func passphrase() throws -> Secret {
    try Passphrase(
      source: hasPassphrase ? try policy().passphrase : .terminal,
      workspace: try workspace(in: folder),
      instead: "set DEPLOY_PASSPHRASE, or leave the authority out with --no-authority"
    ).read(isNew: true)
  }

  private func policy() throws -> AuthorityPolicy { try workspace(in: folder).inventory.authority }

  private func workspace(in folder: String) throws -> Workspace {
    let text = SourceText(file: inventory, bytes: Array(inventoryText.utf8))
    guard let read = Inventory.read(text).0 else {
      preconditionFailure("The inventory to start from is wrong. This is a bug in deploy.")
    }
    let stem = "\(folder)/Inventories/\(fleet)"
    return Workspace(
      inventory: read, inventoryPath: stem + ".yml", statePath: stem + ".state.json",
      authorityPath: stem + ".authority", networkFiles: NetworkFiles(stem: stem))
  }

  // MARK: - Writing

  /// Writes everything beside where it is to be, then moves it there: what fails, a full disk above all,
  /// fails before anything is in its place.
  func write(_ passphrase: Secret?) throws {
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
        made.paths.append("\(new)/\(authority)")
        _ = try workspace(in: new).authorityFolder.add(
          policy(), passphrase: passphrase, now: Timestamp.current.secondsSince1970)
      }
      try made.folder(path("Inventories"))
      try made.folder(path("Playbooks"))
      for name in files.map(\.name) + (passphrase == nil ? [] : [authority]) {
        try made.move("\(new)/\(name)", to: path(name))
      }
      for empty in ["\(new)/Inventories", "\(new)/Playbooks", new] { rmdir(empty) }
    } catch {
      made.undo()
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

    func undo() {
      for path in paths.reversed() where Starter.exists(path) {
        do {
          // Another's file may have come into a folder that this run made: it stays, and so does that.
          if Starter.isFolder(path), !path.hasSuffix(".authority") {
            guard rmdir(path) == 0 || errno == ENOTEMPTY else { throw Self.failure(path) }
          } else {
            try FileManager.default.removeItem(atPath: path)
          }
        } catch {
          Console.error("deploy: \(path) cannot be removed: \(error.reason)")
        }
      }
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
