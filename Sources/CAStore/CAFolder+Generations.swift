package import Certificates
import Files
import Fleet
import FoundationEssentials
package import Inventories
package import Playbooks
package import State

extension CAFolder {
  /// Stops if there is a CA already.
  package func refuseSecond() throws {
    guard let existing = try generations().signing else { return }
    throw CAStoreError(
      "there is a CA already: \(certificatePath(existing.generation))"
        + " (\"\(existing.commonName)\")")
  }

  /// Makes the next generation, with a key and a common name that none before had, or finishes the one
  /// whose creation was cut off between its key and its certificate.
  ///
  /// - Parameter known: the generations that the fleet has had, whether the folder has them or not.
  package func add(
    _ policy: CAPolicy, beside known: [RetiredCA] = [], passphrase: Secret, now: Int64
  ) throws -> CAGeneration {
    try makeFolder()
    let listing = try listing()
    let latest = known.map(\.generation).max() ?? 0
    let generation =
      try listing.interrupted ?? max(listing.latest, archive.listing().latest, latest) + 1
    let request = try request(policy, generation, unlike: known.map(\.commonName))
    let root = try root(policy, passphrase: passphrase, now: now)
    if listing.interrupted == nil {
      let files = try CertificateAuthority.create(
        request, below: root, passphrase: passphrase, now: now)
      // The key first: a certificate without its key would look like a CA.
      try FileWriter.create(keyPath(generation), text: files.encryptedKeyPEM, for: .ownerAlone)
      try FileWriter.create(
        certificatePath(generation), text: files.certificatePEM, for: .everyone)
    } else {
      let files = try naming(keyPath(generation)) {
        try CertificateAuthority.complete(
          request, below: root, encryptedKeyPEM: key(generation), passphrase: passphrase, now: now)
      }
      try FileWriter.create(
        certificatePath(generation), text: files.certificatePEM, for: .everyone)
    }
    return try record(generation, .signing)
  }

  /// Brings the folder to where a rotation starts, whatever was done of that before: a new generation
  /// signs, and all others retire. One that is under way goes on; of one that was cut off in its very last
  /// steps, these are done, and no other begins.
  ///
  /// - Parameters:
  ///   - trusted: the generations that hosts may trust, by state and folder.
  ///   - retired: those that no host is to trust again.
  package func startRotation(
    _ policy: CAPolicy, from trusted: [CAGeneration], retired: [RetiredCA] = [],
    passphrase: Secret, now: Int64
  ) throws {
    guard let signing = trusted.signing else {
      throw CAStoreError("there is no CA in \(path) to be followed by another one")
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

  /// Marks a generation as one that no host is to trust in the end.
  func retire(_ generation: Int) throws {
    try FileWriter.replace(
      retiringPath(generation),
      text: "No host is to trust this generation of the CA in the end.\n", for: .everyone)
  }

  /// Takes a generation that no host trusts any more out of the folder. May be repeated after a crash.
  package func finish(_ generation: Int, key fate: Playbook.KeyFate) throws {
    guard try listing().retiring.contains(generation) else {
      throw CAStoreError("generation \(generation) of the CA in \(path) does not retire")
    }
    try archive.makeFolder()
    switch fate {
    case .archive:
      try FileWriter.move(keyPath(generation), to: archive.keyPath(generation))
    case .destroy:
      try FileWriter.destroy(keyPath(generation))
    }
    // The certificate stays, so that neither its number nor its name is ever given again.
    try FileWriter.move(certificatePath(generation), to: archive.certificatePath(generation))
    try removeRemains(of: generation)
  }

  /// The marker goes last: as long as it is there, it is known that a rotation has not come to its end.
  private func removeRemains(of generation: Int) throws {
    try FileWriter.remove(revocationListPath(generation))
    try FileWriter.remove(retiringPath(generation))
  }

  /// Puts a certificate with the same key and a later end in place of a generation's own.
  package func renew(
    _ record: CAGeneration, _ ca: CertificateAuthority,
    below root: CertificateAuthority? = nil, validFor: Int64, now: Int64
  ) throws -> CAGeneration {
    let renewed = try ca.renewed(below: root, validFor: validFor, now: now)
    let list = try revocationList(of: record)
    try FileWriter.replace(
      certificatePath(record.generation), text: renewed.certificatePEM(), for: .everyone)
    if let list {
      // It ends with the CA, which now ends later.
      let next = try renewed.revocationList(of: list.revoked, now: now)
      try FileWriter.replace(
        revocationListPath(record.generation), text: next.pem, for: .everyone)
    }
    return try self.record(record.generation, record.status)
  }

  private func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw CAStoreError("\(path) cannot be made: \(error.reason)")
    }
    try FileWriter.checkIsOwn(path)
  }

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

  /// The inventory's name for the first generation, with a number behind it for the others.
  ///
  /// Two keys under one name would make verifiers pick the wrong one. Names are compared as RFC 5280,
  /// 7.1 has it: without regard to case.
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
