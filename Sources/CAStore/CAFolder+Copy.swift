package import Certificates
import Files

/// Moving the files of a CA to another store.
extension CAFolder {
  /// The folders of the CA, by their path below its own.
  private static let folders = ["", "/archive", "/acme"]

  /// The names that files of a CA have, by their path below its folder. Others may be anything, also secrets.
  private static func isOwn(_ file: String) -> Bool {
    let name =
      /\/(archive\/)?(ca-\d+\.(crt|key|crl|retiring|import|root\.crl)|fleet-\d+\.(key|pub)|root\.(crt|key|crl))/
    return file.wholeMatch(of: name) != nil
      || file.wholeMatch(of: /\/acme\/(account-.+\.(key|json)|site-.+\.json)/) != nil
  }

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

  /// Stops if a passphrase does not open the keys of the CA, or if there is none that shows it.
  package func check(_ passphrase: Secret) throws {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    guard !paths.isEmpty else {
      throw CAStoreError(
        "there is no key of the CA in \(path), so a mistyped passphrase would not be noticed: restore"
          + " one from a backup, or create the next generation with \"deploy rotate ca\" first")
    }
    for path in paths {
      _ = try naming(path) {
        try SealedKey.open(encryptedKey(path), named: path, passphrase: passphrase)
      }
    }
  }

  /// Copies every file to another store, reads each of them again there, and compares. Nothing is removed, and no file
  /// that is there already is replaced by another one.
  ///
  /// - Parameter passphrase: of the CA; nil if it is not needed.
  /// - Returns: the number of files.
  package func copy(to other: CAFolder, passphrase: Secret?) throws -> Int {
    let files = try files()
    // A folder that was moved already is not there any longer.
    if files.isEmpty { return 0 }
    try refuseUnfit(files)
    // What an interrupted copy has left is the same.
    for file in files where try other.storage.exists(other.path + file) {
      guard try isSame(file, in: other, passphrase) else {
        throw CAStoreError(
          "\(other.path + file) is there already, and it is another file than \(path + file). Nothing was changed:"
            + " find out which CA hosts trust, and remove the other one")
      }
    }
    for folder in Self.folders where files.contains(where: { $0.hasPrefix(folder + "/") }) {
      try other.storage.makeFolder(other.path + folder)
    }
    for file in files where try !other.storage.exists(other.path + file) {
      if passphrase != nil, isFleetKey(file) {
        try other.createFleetKey(
          other.path + file, fleetKeyPEM(path + file, passphrase: passphrase),
          passphrase: passphrase)
      } else {
        try other.storage.create(
          other.path + file, contents: storage.read(path + file, as: .ca), for: Self.access(file))
      }
    }
    guard try other.files() == files else {
      throw CAStoreError(
        "\(other.path) has other files than \(path): remove what is not of this CA, and migrate again"
      )
    }
    for file in files {
      guard try isSame(file, in: other, passphrase) else {
        throw CAStoreError("\(other.path + file) is not what was written: migrate again")
      }
    }
    return files.count
  }

  /// Stops if there is something that must not be shared.
  private func refuseUnfit(_ files: [String]) throws {
    if let stranger = files.first(where: { !Self.isOwn($0) }) {
      throw CAStoreError(
        "\(path + stranger) is not a file of the CA, and is not moved with it: move it to another folder first"
      )
    }
    for file in files where file.hasSuffix(".key") && !isFleetKey(file) {
      guard case .success(.encrypted) = protection(ofKeyAt: path + file) else {
        throw CAStoreError(
          "\(path + file) is not encrypted as deploy encrypts keys: \"deploy ca show\" says what to do"
        )
      }
    }
  }

  private func isFleetKey(_ file: String) -> Bool {
    file.hasPrefix("/fleet-") && file.hasSuffix(".key")
  }

  /// Whether a file is the same in another store, apart from the encryption of fleet keys.
  private func isSame(_ file: String, in other: CAFolder, _ passphrase: Secret?) throws -> Bool {
    guard passphrase != nil, isFleetKey(file) else {
      return try storage.read(path + file, as: .ca)
        == other.storage.read(other.path + file, as: .ca)
    }
    let own = try fleetKeyPEM(path + file, passphrase: passphrase)
    let copy = try other.fleetKeyPEM(other.path + file, passphrase: passphrase)
    return own.withUnsafeBytes { Array($0) } == copy.withUnsafeBytes { Array($0) }
  }

  /// Who may read a file: keys, and orders, which have the keys of sites, are for their owner alone.
  private static func access(_ file: String) -> FileWriter.Access {
    file.hasSuffix(".key") || file.hasPrefix("/acme/site-") ? .ownerAlone : .everyone
  }
}
