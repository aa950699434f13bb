package import Certificates
import Files
import Fleet
import FoundationEssentials
package import Inventories
package import Playbooks
package import State

/// The life of a CA generation: creation, renewal, retirement.
extension CAFolder {
  /// Stops if there is a CA already.
  package func refuseSecond() throws {
    guard let existing = try generations().signing else { return }
    throw CAStoreError(
      "there is a CA already: \(certificatePath(existing.generation))"
        + " (\"\(existing.commonName)\"). To replace it, use \"deploy rotate ca\"")
  }

  /// Creates the next generation with a new key and a new common name, or completes a creation that was
  /// interrupted between key and certificate.
  ///
  /// - Parameters:
  ///   - known: all earlier generations of the fleet, even those that the folder does not have.
  ///   - passphrase: encrypts the key.
  ///   - now: seconds since 1970.
  package func add(
    _ policy: CAPolicy, beside known: [RetiredCA] = [], passphrase: Secret, now: Int64
  ) throws -> CAGeneration {
    try makeFolder()
    let listing = try listing()
    try refuseInterruptedImport(listing)
    let latest = known.map(\.generation).max() ?? 0
    let generation =
      try listing.interrupted ?? max(listing.latest, archive.listing().latest, latest) + 1
    let request = try request(policy, generation, unlike: known.map(\.commonName))
    let root = try root(policy, passphrase: passphrase, now: now)
    if listing.interrupted == nil {
      let files = try CertificateAuthority.create(
        request, below: root, passphrase: passphrase, now: now)
      // The key first: a certificate without a key would look like a CA.
      try storage.create(keyPath(generation), text: files.encryptedKeyPEM, for: .ownerAlone)
      try storage.create(
        certificatePath(generation), text: files.certificatePEM, for: .everyone)
    } else {
      let files = try naming(keyPath(generation)) {
        try CertificateAuthority.complete(
          request, below: root, encryptedKeyPEM: key(generation), passphrase: passphrase, now: now)
      }
      try storage.create(
        certificatePath(generation), text: files.certificatePEM, for: .everyone)
    }
    return try record(generation, .signing)
  }

  /// Prepares the folder for a rotation: a new generation signs, and all others retire. A rotation in progress
  /// continues; if one was interrupted in its last steps, these are completed and no other begins.
  ///
  /// - Parameters:
  ///   - trusted: the generations that hosts may trust, from the state and the folder.
  ///   - retired: the generations that no host may trust again.
  package func startRotation(
    _ policy: CAPolicy, from trusted: [CAGeneration], retired: [RetiredCA] = [],
    passphrase: Secret, now: Int64
  ) throws {
    guard let signing = trusted.signing else {
      throw CAStoreError(
        "there is no CA in \(path), so there is nothing to rotate: create one with \"deploy ca create\""
      )
    }
    let listing = try listing()
    let left = listing.retiring.subtracting(listing.certificates)
    guard left.isEmpty else {
      for generation in left { try removeRemains(of: generation) }
      return
    }
    var newest = signing
    if trusted.count == 1 || !listing.keys.contains(signing.generation) {
      newest = try add(
        policy, beside: trusted.map(RetiredCA.init) + retired, passphrase: passphrase,
        now: now)
    }
    for record in try records()
    where record.status != .retiring && record.generation != newest.generation {
      try retire(record.generation)
    }
  }

  /// Marks a generation as retiring: at the end of the rotation, no host trusts it.
  func retire(_ generation: Int) throws {
    try storage.replace(
      retiringPath(generation),
      text: "This generation of the CA is retiring: after the rotation, no host trusts it.\n",
      for: .everyone)
  }

  /// Moves a generation that no host trusts any longer to the archive. Can be repeated after a crash.
  package func finish(_ generation: Int, key fate: Playbook.KeyFate) throws {
    guard try listing().retiring.contains(generation) else {
      throw CAStoreError("generation \(generation) of the CA in \(path) is not retiring")
    }
    try archive.makeFolder()
    switch fate {
    case .archive:
      try storage.move(keyPath(generation), to: archive.keyPath(generation))
    case .destroy:
      try storage.destroy(keyPath(generation))
    }
    // The certificate is kept, so that neither its number nor its name is used again.
    try storage.move(certificatePath(generation), to: archive.certificatePath(generation))
    try removeRemains(of: generation)
  }

  /// Removes the files that only a retiring generation has. The marker is removed last: as long as it exists, the
  /// rotation is not complete.
  private func removeRemains(of generation: Int) throws {
    try storage.remove(revocationListPath(generation))
    try storage.remove(importedRootListPath(generation))
    try storage.remove(retiringPath(generation))
  }

  /// Replaces a generation's certificate with one for the same key that expires later.
  package func renew(
    _ record: CAGeneration, _ ca: CertificateAuthority,
    below root: CertificateAuthority? = nil, validFor: Int64, now: Int64
  ) throws -> CAGeneration {
    let renewed = try ca.renewed(below: root, validFor: validFor, now: now)
    let list = try revocationList(of: record)
    try storage.replace(
      certificatePath(record.generation), text: renewed.certificatePEM(), for: .everyone)
    if let list {
      // A revocation list is valid as long as the CA, which now expires later.
      let next = try renewed.revocationList(of: list.revoked, now: now)
      try storage.replace(
        revocationListPath(record.generation), text: next.pem, for: .everyone)
    }
    return try self.record(record.generation, record.status)
  }

  func makeFolder() throws { try storage.makeFolder(path) }

  private func request(
    _ policy: CAPolicy, _ generation: Int, unlike others: [String]
  ) throws -> CARequest {
    guard let key = KeyAlgorithm(rawValue: policy.key.rawValue) else {
      preconditionFailure("A key kind has no algorithm. This is a bug in deploy.")
    }
    let above = policy.root.map { [$0.name.text] } ?? []
    let known =
      try above + others
      + [self, archive].flatMap { folder in
        try folder.listing().certificates.map { try folder.record($0, .trusted).commonName }
      }
    let subject = policy.subject
    return CARequest(
      commonName: Self.commonName(policy.name.text, generation, unlike: known),
      country: subject.country, organization: subject.organization,
      organizationalUnit: subject.organizationalUnit, locality: subject.locality,
      state: subject.state, key: key, validFor: policy.validFor.seconds)
  }

  /// The common name of a generation: the inventory's name for the first one, followed by a number for the others.
  ///
  /// With two keys under one name, verifiers could choose the wrong one. Names are compared without regard to case
  /// (RFC 5280, 7.1).
  static func commonName(_ name: String, _ generation: Int, unlike known: [String]) -> String {
    let known = Set(known.map { $0.lowercased() })
    var number = generation
    while true {
      let suffix = number == 1 ? "" : " \(number)"
      var candidate = name
      while candidate.unicodeScalars.count + suffix.count > 64 || candidate.last == " " {
        candidate.removeLast()
      }
      candidate += suffix
      if !known.contains(candidate.lowercased()) { return candidate }
      number += 1
    }
  }
}
