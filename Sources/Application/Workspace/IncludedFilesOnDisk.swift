import Files
import Fleet
import FoundationEssentials
import Glibc
import Inventories

/// The files that an inventory on the disk includes.
struct IncludedFilesOnDisk: IncludedFiles {
  /// The file that the user named; nil for standard input, which includes files of the current folder.
  let inventory: String?

  /// The path from the current folder.
  func name(of path: String) -> String {
    Workspace.resolve(path, beside: inventory ?? InventoryFile.standardInput)
  }

  func paths(matching glob: String) throws(UnreadableInclude) -> [String] {
    guard WildcardPattern.hasWildcard(glob) else {
      // What is not a regular file is refused when it is read, with the reason.
      return status(glob) == nil ? [] : [glob]
    }
    let start = ["/", "~/"].first(where: glob.hasPrefix) ?? ""
    var paths = [start]
    let names = glob.dropFirst(start.count).split(separator: "/")
    for (index, name) in names.enumerated() {
      let isFile = index == names.count - 1
      let isPattern = WildcardPattern.hasWildcard(name)
      var next: [String] = []
      for path in paths {
        guard isPattern else {
          next.append(path + name)
          continue
        }
        next += try content(of: path).filter { matches($0, name) }.map { path + $0 }
      }
      paths = []
      for path in next where try isKept(path, asFile: isFile, matched: isPattern) {
        paths.append(path)
      }
      if !isFile { paths = paths.map { $0 + "/" } }
    }
    return paths.sorted()
  }

  /// What a pattern matches and cannot be followed is not left out: its hosts and sites would leave the fleet.
  private func isKept(
    _ path: String, asFile isFile: Bool, matched isPattern: Bool
  ) throws(UnreadableInclude) -> Bool {
    let kind = status(path)?.kind
    if isFile { return kind != .folder && (kind != nil || isPattern) }
    guard kind == nil, isPattern else { return kind == .folder }
    throw UnreadableInclude(reason: "\(name(of: path)) matches and cannot be read")
  }

  /// As in shells, only a pattern that begins with a dot matches a hidden file.
  private func matches(_ name: String, _ pattern: Substring) -> Bool {
    name.hasPrefix(".") == pattern.hasPrefix(".") && WildcardPattern(String(pattern)).matches(name)
  }

  private func content(of folder: String) throws(UnreadableInclude) -> [String] {
    let name = folder.isEmpty ? name(of: ".") : name(of: folder)
    guard status(folder.isEmpty ? "." : folder)?.kind == .folder else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: name)
    } catch {
      throw UnreadableInclude(reason: "\(name) cannot be read")
    }
  }

  private func status(_ path: String) -> FileStatus? {
    try? FileStatus.of(name(of: path), followsLinks: true)
  }

  func bytes(of path: String) throws(UnreadableInclude) -> [UInt8] {
    let file = name(of: path)
    let folder = LocalPath.folder(of: file)
    let why = FolderTrust.refusal(
      ofIncluded: file, folder: folder.isEmpty ? "." : folder, inventory: inventory)
    if let why {
      throw UnreadableInclude(
        reason: "\(file) is not read: \(why), and an inventory names programs that run")
    }
    do {
      return try FileReader.read(file, as: mayBePrivate(file) ? .inventory : .distantInventory)
    } catch {
      throw UnreadableInclude(reason: "\(error)")
    }
  }

  /// Whether a file that only its owner can read may be an inventory: beside one of that kind. Others are most likely
  /// passphrases and keys, of which messages would show lines.
  private func mayBePrivate(_ file: String) -> Bool {
    guard let inventory, let status = try? FileStatus.of(inventory, followsLinks: true),
      status.mode & 0o077 == 0
    else { return false }
    return isBeside(file)
  }

  /// Whether the file, without symbolic links, is below the folder of the inventory.
  private func isBeside(_ file: String) -> Bool {
    guard let folder = real(name(of: ".")), let path = real(file) else { return false }
    return path.hasPrefix(folder == "/" ? "/" : folder + "/")
  }

  private func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
