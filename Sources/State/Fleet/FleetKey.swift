/// The public half of a fleet key, which signs manifests; the private half is in the CA's folder.
package struct FleetKey: Hashable, Sendable, Codable {
  package var generation: Int
  /// The raw Ed25519 key (RFC 8032) in 64 lower-case hexadecimal digits.
  package var publicKey: String
  /// The signature of the previous key over `statement`; nil for a fleet's first key, and for a key that
  /// was made after the previous one was lost.
  package var endorsement: Endorsement?

  /// A signature of the previous key, because of which a copy of the state that knows that key accepts the
  /// new one.
  package struct Endorsement: Hashable, Sendable, Codable {
    /// The public key that signed.
    package var signer: String
    /// 128 lower-case hexadecimal digits.
    package var signature: String

    package init(signer: String, signature: String) {
      self.signer = signer
      self.signature = signature
    }
  }

  package init(generation: Int, publicKey: String, endorsement: Endorsement? = nil) {
    self.generation = generation
    self.publicKey = publicKey
    self.endorsement = endorsement
  }

  /// The text that the previous key signs.
  package func statement(of fleet: String) -> String {
    "deploy-fleet-key 1\nfleet \(fleet)\ngeneration \(generation)\nkey \(publicKey)\n"
  }
}

extension [FleetKey] {
  /// Adds keys that are not known yet; the result is sorted by generation.
  package mutating func learn(_ others: [FleetKey]) {
    for other in others {
      if let known = firstIndex(where: { $0.publicKey == other.publicKey }) {
        if self[known].endorsement == nil { self[known].endorsement = other.endorsement }
      } else {
        append(other)
      }
    }
    sort { ($0.generation, $0.publicKey) < ($1.generation, $1.publicKey) }
  }

  /// Whether one of these keys is newer than the given key, so the given one no longer signs.
  package func hasReplaced(_ key: FleetKey) -> Bool {
    contains { $0.endorsement?.signer == key.publicKey }
  }

  /// These keys and all keys that they endorse, directly or through other keys.
  ///
  /// - Parameter verify: whether a signature over a text was made with a public key.
  package func following(
    _ others: [FleetKey], of fleet: String,
    verify: (_ signature: String, _ text: String, _ publicKey: String) -> Bool
  ) -> [FleetKey] {
    var trusted = self
    var rest = others
    while let next = rest.firstIndex(where: { key in
      guard let endorsement = key.endorsement,
        let signer = trusted.first(where: { $0.publicKey == endorsement.signer }),
        signer.generation < key.generation
      else { return false }
      return verify(endorsement.signature, key.statement(of: fleet), endorsement.signer)
    }) {
      trusted.learn([rest.remove(at: next)])
    }
    return trusted
  }
}
