import Fleet

// Checks of the values in a state. Types are not enough: anyone may have edited the file, and its values
// become paths, names in certificates and counters.

extension FleetState {
  /// The range of serials and CA generations: incrementing them cannot overflow.
  package static let serials = 0...1_000_000_000_000
  private static let generations = 1...1_000_000

  /// Throws the first value that a state must not have, with its place.
  package func check() throws(StateMistake) {
    let root = ValuePlace.root
    try root.at("version").check(version, in: 1...Self.currentVersion)
    try root.at("fleet").check(fleet, is: .fleetName)
    try root.at("lineage").check(lineage, is: .word)
    try root.at("serial").check(serial, in: Self.serials)
    try checkCAs(root.at("caGenerations"))
    try root.at("revocations").check(revocations) { place, revocation throws(StateMistake) in
      try revocation.check(place)
    }
    try root.at("issued").check(issued) { place, record throws(StateMistake) in
      try record.check(place)
    }
    try rotation?.check(root.at("rotation"))
    try checkFleetKeys(root)
    try root.at("hosts").check(hosts) { place, record throws(StateMistake) in
      try record.check(place)
    }
    try root.at("drained").check(drained) { place, drain throws(StateMistake) in
      try drain.check(place)
    }
    try root.at("maintenance").check(maintenance) { place, record throws(StateMistake) in
      try record.check(place)
    }
  }

  private func checkFleetKeys(_ root: ValuePlace) throws(StateMistake) {
    try root.at("retiredCAs").check(retiredCAs) {
      place, retired throws(StateMistake) in
      try place.at("generation").check(retired.generation, in: Self.generations)
      try place.at("commonName").check(retired.commonName, is: .line)
      try place.at("keyIdentifier").check(retired.keyIdentifier, is: .hex)
    }
    try root.at("fleetKeys").check(fleetKeys) { place, key throws(StateMistake) in
      try place.at("generation").check(key.generation, in: Self.generations)
      try place.at("publicKey").check(key.publicKey, is: .hex)
      guard let endorsement = key.endorsement else { return }
      try place.at("endorsement").at("signer").check(endorsement.signer, is: .hex)
      try place.at("endorsement").at("signature").check(endorsement.signature, is: .hex)
    }
    try root.at("manifests").check(manifests) { place, installed throws(StateMistake) in
      try place.at("serial").check(installed.serial, in: Self.serials)
      try place.at("digests").check(installed.digests, are: .hex)
    }
  }

  private func checkCAs(_ place: ValuePlace) throws(StateMistake) {
    try place.check(caGenerations) { place, ca throws(StateMistake) in
      try place.at("generation").check(ca.generation, in: Self.generations)
      try place.at("commonName").check(ca.commonName, is: .line)
      try place.at("keyIdentifier").check(ca.keyIdentifier, is: .hex)
      try place.at("fingerprint").check(ca.fingerprint, is: .hex)
      try place.at("certificate").check(ca.certificate, is: .certificate)
      if let list = ca.revocationList {
        try place.at("revocationList").check(list, is: .revocationList)
      }
    }
    var generations: Set<Int> = []
    var identifiers: Set<String> = []
    for (index, ca) in caGenerations.enumerated() {
      guard generations.insert(ca.generation).inserted else {
        throw place.at(index).at("generation").mistake("it is there twice")
      }
      guard identifiers.insert(ca.keyIdentifier).inserted else {
        throw place.at(index).at("keyIdentifier").mistake("it is there twice")
      }
    }
  }
}

extension HostRecord {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("appliedBy").check(appliedBy, is: .line)
    try release.check(place.at("release"))
  }
}

extension ReleaseRecord {
  /// Checks a release of a state or of a host's manifest.
  func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("files").check(files, keys: .filePath) { place, file throws(StateMistake) in
      try place.at("digest").check(file.digest, is: .hex)
    }
    try place.at("certificates").check(certificates, keys: .filePath) {
      place, certificate throws(StateMistake) in
      try certificate.check(place)
    }
    try facts.check(place.at("facts"))
  }
}

extension CertificateRecord {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("serial").check(serial, is: .hex)
    try place.at("issuer").check(issuer, is: .line)
    try place.at("issuerKeyIdentifier").check(issuerKeyIdentifier, is: .hex)
    try place.at("commonName").check(commonName, is: .line)
    try place.at("names").check(names, are: .dnsName)
    try place.at("key").check(key, is: .word)
  }
}

extension Revocation {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("serial").check(serial, is: .hex)
    try place.at("issuerKeyIdentifier").check(issuerKeyIdentifier, is: .hex)
  }
}

extension IssuanceRecord {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("path").check(path, is: .filePath)
    try certificate.check(place.at("certificate"))
  }
}

extension CertificateRotation {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("replaces").check(replaces) { place, serials throws(StateMistake) in
      try place.check(serials, keys: .filePath) { place, serial throws(StateMistake) in
        try place.check(serial, is: .hex)
      }
    }
  }
}

extension EdgeFacts {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("trusts").check(trusts, are: .hex)
    try place.at("refuses").check(refuses ?? [], are: .hex)
    try place.at("openings").check(openings.map(\.why)) { place, why throws(StateMistake) in
      try place.at("why").check(why, is: .line)
    }
    try place.at("publications").check(publications.map(\.why)) { place, why throws(StateMistake) in
      try place.at("why").check(why, is: .line)
    }
  }
}
