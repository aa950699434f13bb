package import Fleet

/// The facts about the whole fleet that every signed manifest contains, so that an outdated or lost state
/// can be updated from any host.
package struct FleetKnowledge: Hashable, Sendable {
  /// The CA generations that hosts may trust, without revocation lists.
  package var caGenerations: [CAGeneration]
  package var retired: [RetiredCA]
  /// The revocations of certificates that have not expired.
  package var revocations: [Revocation]
  package var keys: [FleetKey]
  /// The certificates that were issued to the host of the manifest and have not expired.
  package var issued: [IssuanceRecord]

  package init(
    caGenerations: [CAGeneration] = [], retired: [RetiredCA] = [],
    revocations: [Revocation] = [], keys: [FleetKey] = [], issued: [IssuanceRecord] = []
  ) {
    self.caGenerations = caGenerations
    self.retired = retired
    self.revocations = revocations
    self.keys = keys
    self.issued = issued
  }
}

/// A CA generation that no host may ever trust again. It is remembered so that no older copy of the state
/// or of the CA's folder restores it, and so that its number and name are not used again.
package struct RetiredCA: Hashable, Sendable, Codable {
  package var generation: Int
  package var commonName: String
  /// The subject key identifier in lower-case hex.
  package var keyIdentifier: String
  package var notAfter: Timestamp

  package init(generation: Int, commonName: String, keyIdentifier: String, notAfter: Timestamp) {
    self.generation = generation
    self.commonName = commonName
    self.keyIdentifier = keyIdentifier
    self.notAfter = notAfter
  }

  package init(_ record: CAGeneration) {
    self.init(
      generation: record.generation, commonName: record.commonName,
      keyIdentifier: record.keyIdentifier, notAfter: record.notAfter)
  }
}

extension FleetState {
  /// The knowledge of this state for the manifest of a host.
  package func knowledge(on host: HostName, at now: Timestamp) -> FleetKnowledge {
    FleetKnowledge(
      caGenerations: caGenerations.map { record in
        var record = record
        record.revocationList = nil
        return record
      },
      retired: retiredCAs.filter { $0.notAfter > now },
      revocations: revocations.filter { $0.notAfter > now }, keys: fleetKeys,
      issued: issued(to: host, at: now))
  }

  /// Merges the knowledge of another copy of the state. Nothing is lost: what is revoked or retired in
  /// either copy stays so.
  package mutating func learn(_ knowledge: FleetKnowledge, at now: Timestamp) {
    fleetKeys.learn(knowledge.keys)
    if !knowledge.issued.isEmpty { recordIssued(knowledge.issued, at: now) }
    learn(knowledge.revocations)
    for retired in knowledge.retired { retire(retired) }
    for record in knowledge.caGenerations where !isRetired(record.keyIdentifier) {
      guard
        let known = caGenerations.firstIndex(where: { $0.keyIdentifier == record.keyIdentifier })
      else {
        caGenerations.append(record)
        continue
      }
      let old = caGenerations[known]
      // A renewed certificate begins with the first one, so that what that signed is not older than its CA.
      let isNewer = (old.notBefore, old.notAfter) < (record.notBefore, record.notAfter)
      var merged = isNewer ? record : old
      merged.status = max(caGenerations[known].status, record.status)
      merged.revocationList = caGenerations[known].revocationList ?? record.revocationList
      caGenerations[known] = merged
    }
    orderCAs()
  }

  package func isRetired(_ keyIdentifier: String) -> Bool {
    retiredCAs.contains { $0.keyIdentifier == keyIdentifier }
  }

  /// Records that no host may trust the CA generation again.
  package mutating func retire(_ generation: RetiredCA) {
    caGenerations.removeAll { $0.keyIdentifier == generation.keyIdentifier }
    guard !isRetired(generation.keyIdentifier) else { return }
    retiredCAs.append(generation)
    retiredCAs.sort {
      ($0.generation, $0.keyIdentifier) < ($1.generation, $1.keyIdentifier)
    }
  }

  /// Sorts retiring CA generations before the others, each oldest first; the last one of all signs.
  private mutating func orderCAs() {
    caGenerations.sort {
      ($0.status == .retiring ? 0 : 1, $0.generation, $0.keyIdentifier)
        < ($1.status == .retiring ? 0 : 1, $1.generation, $1.keyIdentifier)
    }
    for index in caGenerations.indices where caGenerations[index].status != .retiring {
      caGenerations[index].status = index == caGenerations.count - 1 ? .signing : .trusted
    }
  }
}

extension FleetState {
  /// Thrown if the CA's folder has a generation with the number or name of another known one.
  package struct GenerationConflict: Error, Hashable {
    package var inFolder: CAGeneration
    /// The fleet's CA generation with the same number or name.
    package var ofFleet: RetiredCA
  }

  /// Merges the CA generations of the CA's folder.
  ///
  /// A CA generation that hosts trust and the folder lacks stays trusted until the hosts have moved to one
  /// in the folder; an old folder does not restore a generation that the fleet has retired.
  ///
  /// - Parameters:
  ///   - folder: the generations of the folder, with their status there.
  ///   - archived: the generations that were rotated out according to the folder.
  package mutating func takeIn(
    folder: [CAGeneration], archived: [CAGeneration], at now: Timestamp
  ) throws(GenerationConflict) {
    let known = caGenerations.map(RetiredCA.init) + retiredCAs
    for record in folder + archived {
      let conflict = known.first {
        $0.keyIdentifier != record.keyIdentifier
          && ($0.generation == record.generation
            || $0.commonName.lowercased() == record.commonName.lowercased())
      }
      if let conflict { throw GenerationConflict(inFolder: record, ofFleet: conflict) }
    }
    let present = Set(folder.map(\.keyIdentifier))
    for record in archived where !present.contains(record.keyIdentifier) {
      retire(RetiredCA(record))
    }
    learn(FleetKnowledge(caGenerations: folder), at: now)
    if caGenerations.allSatisfy({ $0.status == .retiring }) {
      // The user has removed the retirement mark from the last one, as the folder's message advises.
      for record in folder where record.status != .retiring {
        guard
          let known = caGenerations.firstIndex(where: { $0.keyIdentifier == record.keyIdentifier })
        else { continue }
        caGenerations[known].status = record.status
      }
      orderCAs()
    }
    let signing = caGenerations.last {
      $0.status != .retiring && present.contains($0.keyIdentifier)
    }
    guard let signing else { return }
    for index in caGenerations.indices
    where !present.contains(caGenerations[index].keyIdentifier)
      && caGenerations[index].generation < signing.generation
    {
      caGenerations[index].status = .retiring
    }
    orderCAs()
  }

  /// Retires the retiring CA generations that are not in the folder and that no host trusts or presents.
  package mutating func retireUnneeded(except present: Set<String>) {
    let needed = Set(
      hosts.values.flatMap { record in
        record.release.facts.trusts + record.release.certificates.values.map(\.issuerKeyIdentifier)
      })
    for record in caGenerations
    where record.status == .retiring && !present.contains(record.keyIdentifier)
      && !needed.contains(record.keyIdentifier)
    {
      retire(RetiredCA(record))
    }
  }
}

extension CAGeneration.Status: Comparable {
  private var rank: Int {
    switch self {
    case .signing: 0
    case .trusted: 1
    case .retiring: 2
    }
  }

  /// In the order in which a CA generation passes through them.
  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
