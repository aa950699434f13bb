import Files

/// Moving the files of a CA to another store.
extension CAFolder {
  /// The folders of the CA, by their path below its own.
  private static let folders = ["", "/archive", "/acme"]

  /// The paths of all files below the folder, sorted.
  private func files() throws -> [String] {
    try Self.folders.flatMap { folder in
      try storage.names(in: path + folder).map { "\(folder)/\($0)" }
        .filter { !Self.folders.contains($0) }
    }.sorted()
  }

  /// Whether there is no file at all.
  package func hasNoFiles() throws -> Bool { try files().isEmpty }

  /// Copies every file to another store, reads each of them again there, and compares. Nothing is removed.
  ///
  /// - Returns: the number of files.
  package func copy(to other: CAFolder) throws -> Int {
    let files = try files()
    for folder in Self.folders where files.contains(where: { $0.hasPrefix(folder + "/") }) {
      try other.storage.makeFolder(other.path + folder)
    }
    for file in files {
      try other.storage.replace(
        other.path + file, contents: try storage.read(path + file, as: .ca),
        for: Self.access(file))
    }
    guard try other.files() == files else {
      throw CAStoreError(
        "\(other.path) has other files than \(path): remove what is not of this CA, and migrate again"
      )
    }
    for file in files {
      let copy = try other.storage.read(other.path + file, as: .ca)
      guard try copy == storage.read(path + file, as: .ca) else {
        throw CAStoreError("\(other.path + file) is not what was written: migrate again")
      }
    }
    return files.count
  }

  /// Who may read a file: keys, and orders, which have the keys of sites, are for their owner alone.
  private static func access(_ file: String) -> FileWriter.Access {
    file.hasSuffix(".key") || file.hasPrefix("/acme/site-") ? .ownerAlone : .everyone
  }
}
