package import Certificates
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

  /// Whether there are fleet keys that are encrypted in one of the stores and not in the other.
  package func needsPassphrase(toCopyTo other: CAFolder) throws -> Bool {
    try encryptsFleetKeys != other.encryptsFleetKeys && !fleetKeyPaths().isEmpty
  }

  /// Stops if a passphrase does not open the keys of the CA.
  package func check(_ passphrase: Secret) throws {
    for generation in try listing().keys {
      let path = keyPath(generation)
      _ = try naming(path) {
        try SealedKey.open(encryptedKey(path), named: path, passphrase: passphrase)
      }
    }
  }

  /// Copies every file to another store, reads each of them again there, and compares. Nothing is removed.
  ///
  /// - Parameter passphrase: of the CA; nil if it is not needed.
  /// - Returns: the number of files.
  package func copy(to other: CAFolder, passphrase: Secret?) throws -> Int {
    let files = try files()
    let converted = try passphrase == nil ? [] : fleetKeyPaths().map { $0.dropFirst(path.count) }
    for folder in Self.folders where files.contains(where: { $0.hasPrefix(folder + "/") }) {
      try other.storage.makeFolder(other.path + folder)
    }
    for file in converted.map(String.init) {
      let pem = try fleetKeyPEM(path + file, passphrase: passphrase)
      try other.storage.remove(other.path + file)
      try other.createFleetKey(other.path + file, pem, passphrase: passphrase)
      let copy = try other.fleetKeyPEM(other.path + file, passphrase: passphrase)
      guard copy.withUnsafeBytes({ Array($0) }) == pem.withUnsafeBytes({ Array($0) }) else {
        throw Self.differs(other.path + file)
      }
    }
    let unchanged = files.filter { !converted.contains($0[...]) }
    for file in unchanged {
      try other.storage.replace(
        other.path + file, contents: try storage.read(path + file, as: .ca),
        for: Self.access(file))
    }
    guard try other.files() == files else {
      throw CAStoreError(
        "\(other.path) has other files than \(path): remove what is not of this CA, and migrate again"
      )
    }
    for file in unchanged {
      let copy = try other.storage.read(other.path + file, as: .ca)
      guard try copy == storage.read(path + file, as: .ca) else {
        throw Self.differs(other.path + file)
      }
    }
    return files.count
  }

  private static func differs(_ path: String) -> CAStoreError {
    CAStoreError("\(path) is not what was written: migrate again")
  }

  /// Who may read a file: keys, and orders, which have the keys of sites, are for their owner alone.
  private static func access(_ file: String) -> FileWriter.Access {
    file.hasSuffix(".key") || file.hasPrefix("/acme/site-") ? .ownerAlone : .everyone
  }
}
