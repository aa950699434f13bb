package import Certificates
import Files
import Fleet
import FoundationEssentials
package import State

/// Adds CAs that another program created.
///
/// `ca-N.import` has the certificate until the key and the lists are written: a generation exists only if it is
/// complete, and an import that is run again after an interruption starts over with the same number.
extension CAFolder {
  func importPath(_ generation: Int) -> String { "\(path)/ca-\(generation).import" }

  /// What is known of a CA that is to be imported.
  package enum Acquaintance: Sendable {
    /// It gets this number.
    case new(Int)
    /// A generation with the same key and name.
    case known(CAGeneration)
  }

  /// Compares a CA with all generations of the fleet, and stops if it cannot be added.
  ///
  /// - Parameter state: has taken in the folder.
  package func acquaintance(of ca: ImportedCA, _ state: FleetState) throws -> Acquaintance {
    let (facts, name) = (ca.facts, "\"\(ca.facts.commonName)\"")
    if let known = state.caGenerations.first(where: { ca.isSameCA(as: $0.certificate) }) {
      guard known.status != .retiring else {
        throw CAStoreError(
          "\(name) is generation \(known.generation) of this fleet's CA and is being retired by a rotation, so it"
            + " cannot be imported again")
      }
      try refuseRoot(of: ca, state, besides: known)
      return .known(known)
    }
    try refuseRoot(of: ca, state)
    let identifier = facts.subjectKeyIdentifier ?? ""
    let all = state.caGenerations.map(RetiredCA.init) + state.retiredCAs
    if let other = all.first(where: {
      $0.keyIdentifier == identifier
        || $0.commonName.lowercased() == facts.commonName.lowercased()
    }) {
      throw CAStoreError(
        state.isRetired(other.keyIdentifier) && other.keyIdentifier == identifier
          ? "\(name) was generation \(other.generation) of this fleet's CA and has been retired, so no host may"
            + " trust it again"
          : "this fleet's generation \(other.generation) has the name or the key identifier of \(name) but another"
            + " key or subject, and with two keys under one name hosts could choose the wrong one. Import a CA with"
            + " a name of its own")
    }
    if state.caGenerations.count > 1 {
      throw CAStoreError(
        "a rotation of the CA is in progress: complete it with \"deploy rotate ca\" before another CA is imported"
      )
    }
    let listing = try listing()
    if let interrupted = listing.interrupted {
      guard listing.imports.contains(interrupted) else {
        throw CAStoreError(
          "the creation of generation \(interrupted) was interrupted: complete it with \"deploy"
            + " \(state.caGenerations.isEmpty ? "ca create" : "rotate ca")\" and import afterwards, or give it up"
            + " with\n    rm \(keyPath(interrupted))")
      }
      return .new(interrupted)
    }
    let numbers = [listing.latest, try archive.listing().latest] + all.map(\.generation)
    return .new((numbers.max() ?? 0) + 1)
  }

  /// Stops if the root above a CA is, or was, a generation of this fleet. Hosts that trust the CA trust its root as
  /// well, and with it the root's own certificates, also those that were revoked in its time.
  ///
  /// - Parameter known: the generation that the CA itself is.
  private func refuseRoot(
    of ca: ImportedCA, _ state: FleetState, besides known: CAGeneration? = nil
  ) throws {
    guard let root = ca.root else { return }
    let present = state.caGenerations.filter { $0.generation != known?.generation }
    // The state has neither keys nor subjects of retired generations; the archive has, unless it was cleaned up.
    let archived = (try? archive.records()) ?? []
    let same = (present + archived).filter { ca.hasRoot($0.certificate) }.map(RetiredCA.init)
    let named = (present.map(RetiredCA.init) + state.retiredCAs).filter {
      $0.keyIdentifier == root.subjectKeyIdentifier
        || $0.commonName.lowercased() == root.commonName.lowercased()
    }
    guard let other = (same + named).first else { return }
    let isPresent = present.contains { $0.generation == other.generation }
    throw CAStoreError(
      "\"\(ca.facts.commonName)\" was signed by \"\(root.commonName)\", which has the key or the name of generation"
        + " \(other.generation) of this fleet's CA\(isPresent ? "" : ", which has been retired"). Hosts that trust"
        + " \"\(ca.facts.commonName)\" trust its root as well, so they would accept certificates of generation"
        + " \(other.generation)\(isPresent ? " after it is retired" : "") again, also revoked ones. Import a CA that"
        + " another root signed, or replace the CA with one that deploy creates: \"deploy rotate ca\""
    )
  }

  /// Writes a new generation, with its key encrypted as all keys of the folder are.
  ///
  /// - Parameter generation: from ``acquaintance(of:_:)``.
  package func add(
    _ new: CAImport, as generation: Int, passphrase: Secret, now: Int64
  ) throws -> CAGeneration {
    let key = try new.ca.encryptedKeyPEM(passphrase: passphrase)
    try makeFolder()
    try storage.replace(
      importPath(generation), text: new.ca.certificatePEM, for: .everyone)
    // Files of an interrupted import, perhaps of another CA, are replaced or removed.
    try writeLists(of: new, as: generation, now: now)
    try storage.replace(keyPath(generation), text: key, for: .ownerAlone)
    try storage.move(importPath(generation), to: certificatePath(generation))
    return try record(generation, .signing)
  }

  /// Replaces the certificate of a generation with another one of the same key and name, for example a renewed one;
  /// adds the key if it is missing, and replaces the list of the root by a newer one.
  ///
  /// - Returns: the generation, and what happened to the list of its root; nil if nothing.
  package func replace(
    _ record: CAGeneration, with new: CAImport, passphrase: Secret, now: Int64
  ) throws -> (record: CAGeneration, rootList: RootListOutcome?) {
    let facts = new.ca.facts
    guard
      facts.fingerprint == record.fingerprint || facts.notAfter > record.notAfter.secondsSince1970
    else {
      throw CAStoreError(
        "generation \(record.generation) has a certificate of this CA that expires later, on"
          + " \(record.notAfter.date): import the newest certificate of \"\(record.commonName)\"")
    }
    let revoked = try revocationList(of: record)?.revoked ?? []
    let serials = Set(revoked.map(\.serial))
    if let other = new.revoked.first(where: { !serials.contains($0.serial) }) {
      throw CAStoreError(
        "the revocation list of \"\(record.commonName)\" has certificates that this fleet does not know as revoked,"
          + " such as \(other.serial). Revoke each with\n    deploy revoke --foreign --serial SERIAL"
          + " --inventory \(inventoryPath)\nand import without that list")
    }
    let outcome = try rootListOutcome(of: new, replacing: record, now: now)
    try makeFolder()
    if try !listing().keys.contains(record.generation) {
      try storage.create(
        keyPath(record.generation), text: new.ca.encryptedKeyPEM(passphrase: passphrase),
        for: .ownerAlone)
    }
    if outcome?.isReplaced ?? true { try writeRootList(of: new, as: record.generation) }
    try storage.replace(
      certificatePath(record.generation), text: new.ca.certificatePEM, for: .everyone)
    // A revocation list is valid as long as the CA.
    if facts.fingerprint != record.fingerprint, serials.isEmpty == false || new.rootList != nil {
      let next = try new.ca.ca.revocationList(of: revoked, now: now)
      try storage.replace(
        revocationListPath(record.generation), text: next.pem, for: .everyone)
    }
    return (try self.record(record.generation, record.status), outcome)
  }

  /// Marks all other generations as retiring, so that the hosts move to this one.
  package func retireOthers(than newest: CAGeneration) throws {
    for record in try records()
    where record.status != .retiring && record.generation < newest.generation {
      try retire(record.generation)
    }
  }

  /// A sentence about an import that was interrupted.
  func interruptedImport(_ generation: Int) throws -> String {
    let path = importPath(generation)
    let pem = String(decoding: try storage.read(path, as: .ca), as: UTF8.self)
    let name = try CertificateFacts.readAll(pem: pem, named: path)[0].commonName
    return
      "the import of \"\(name)\" was interrupted: run \"deploy ca import\" again with the same files, or give"
      + " it up with\n    rm \(self.path)/ca-\(generation).*"
  }

  /// Stops before a generation is created with the number of an import that was interrupted.
  func refuseInterruptedImport(_ listing: Listing) throws {
    guard let generation = listing.imports.max() else { return }
    throw CAStoreError(try interruptedImport(generation))
  }
}
