import Certificates
import Foundation
import Inventories
import Playbooks
import State

extension AuthorityFolder {
  func refuseSecond() throws {
    guard let existing = try generations().last else { return }
    throw Failure(
      .failed,
      "there is an authority already: \(certificatePath(existing.generation))"
        + " (\"\(existing.commonName)\")")
  }

  /// Makes the next generation, with a key and a common name that none before had, or finishes the one
  /// whose creation was cut off between its key and its certificate.
  func add(_ policy: AuthorityPolicy, passphrase: Secret, now: Int64) throws -> AuthorityRecord {
    try makeFolder()
    let listing = try listing()
    let generation = try listing.interrupted ?? max(listing.latest, archive.listing().latest) + 1
    let request = try request(policy, generation)
    let root = try root(policy, passphrase: passphrase, now: now)
    if listing.interrupted == nil {
      let files = try CertificateAuthority.create(
        request, below: root, passphrase: passphrase, now: now)
      // The key first: a certificate without its key would look like an authority.
      try PrivateFile.create(keyPath(generation), contents: files.encryptedKeyPEM, mode: 0o600)
      try PrivateFile.create(
        certificatePath(generation), contents: files.certificatePEM, mode: 0o644)
    } else {
      let files = try naming(keyPath(generation)) {
        try CertificateAuthority.complete(
          request, below: root, encryptedKeyPEM: key(generation), passphrase: passphrase, now: now)
      }
      try PrivateFile.create(
        certificatePath(generation), contents: files.certificatePEM, mode: 0o644)
    }
    return try record(generation, .signing)
  }

  /// Brings the folder to where a rotation starts, whatever was done of that before: a new generation
  /// signs, and all others retire. One that is under way goes on; of one that was cut off in its very last
  /// steps, these are done, and no other begins.
  func startRotation(
    _ policy: AuthorityPolicy, passphrase: Secret, now: Int64
  ) throws -> [AuthorityRecord] {
    let before = try generations()
    guard !before.isEmpty else {
      throw Failure(.failed, "there is no authority in \(path) to be followed by another one")
    }
    let listing = try listing()
    let left = listing.retiring.subtracting(listing.certificates)
    guard left.isEmpty else {
      for generation in left { try removeRemains(of: generation) }
      return before
    }
    if before.count == 1 { _ = try add(policy, passphrase: passphrase, now: now) }
    for record in try generations() where record.status == .trusted {
      try retire(record.generation)
    }
    return try generations()
  }

  /// Marks a generation as one that no host is to trust in the end.
  func retire(_ generation: Int) throws {
    try PrivateFile.replace(
      retiringPath(generation),
      contents: "No host is to trust this generation of the authority in the end.\n", mode: 0o644)
    _ = try generations()
  }

  /// Takes a generation that no host trusts any more out of the folder. May be repeated after a crash.
  func finish(_ generation: Int, key fate: Playbook.KeyFate) throws {
    guard try listing().retiring.contains(generation) else {
      throw Failure(.failed, "generation \(generation) of the authority in \(path) does not retire")
    }
    try archive.makeFolder()
    switch fate {
    case .archive:
      try PrivateFile.move(keyPath(generation), to: archive.keyPath(generation))
    case .destroy:
      try PrivateFile.destroy(keyPath(generation))
    }
    // The certificate stays, so that neither its number nor its name is ever given again.
    try PrivateFile.move(certificatePath(generation), to: archive.certificatePath(generation))
    try removeRemains(of: generation)
  }

  /// The marker goes last: as long as it is there, it is known that a rotation has not come to its end.
  private func removeRemains(of generation: Int) throws {
    try PrivateFile.remove(revocationListPath(generation))
    try PrivateFile.remove(retiringPath(generation))
  }

  /// Puts a certificate with the same key and a later end in place of a generation's own.
  func renew(
    _ record: AuthorityRecord, _ authority: CertificateAuthority,
    below root: CertificateAuthority? = nil, validFor: Int64, now: Int64
  ) throws -> AuthorityRecord {
    let renewed = try authority.renewed(below: root, validFor: validFor, now: now)
    let list = try revocationList(of: record)
    try PrivateFile.replace(
      certificatePath(record.generation), contents: renewed.certificatePEM(), mode: 0o644)
    if let list {
      // It ends with the authority, which now ends later.
      let next = try renewed.revocationList(of: list.revoked, now: now)
      try PrivateFile.replace(
        revocationListPath(record.generation), contents: next.pem, mode: 0o644)
    }
    return try self.record(record.generation, record.status)
  }

  private func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(.failed, "\(path) cannot be made: \(error.reason)")
    }
    try PrivateFile.checkIsOwn(path)
  }

  private func request(_ policy: AuthorityPolicy, _ generation: Int) throws -> AuthorityRequest {
    guard let key = KeyAlgorithm(rawValue: policy.key.rawValue) else {
      preconditionFailure("A key kind has no algorithm. This is a bug in deploy.")
    }
    let above = policy.root.map { [$0.name.text] } ?? []
    let known =
      try above
      + [self, archive].flatMap { folder in
        try folder.listing().certificates.map { try folder.record($0, .trusted).commonName }
      }
    let subject = policy.subject
    return AuthorityRequest(
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
