package import Fleet

/// The manifest that a host has, with the result of checking its signature.
package struct ShownManifest: Hashable, Sendable {
  /// The result of checking the signature of a manifest against the fleet keys that are known.
  package enum Signature: Hashable, Sendable {
    case missing
    /// The signature does not match the text.
    case invalid
    /// The signature was made with a key that this state does not know.
    case unknown(publicKey: String)
    case valid(FleetKey)
  }

  /// Nil if the text is not a manifest.
  package var manifest: Manifest?
  /// SHA-256 of the text in lower-case hex.
  package var digest: String
  package var signature: Signature

  package init(manifest: Manifest?, digest: String, signature: Signature) {
    self.manifest = manifest
    self.digest = digest
    self.signature = signature
  }

  /// - Parameters:
  ///   - keys: the known keys.
  ///   - verify: whether a signature over a text was made with a public key.
  package init(
    _ text: String, knowing keys: [FleetKey], digest: (String) -> String,
    verify: (_ signature: String, _ text: String, _ publicKey: String) -> Bool
  ) {
    let manifest = Manifest(text)
    self.init(manifest: manifest, digest: digest(text), signature: .missing)
    guard let manifest, let bearing = manifest.signature else { return }
    guard verify(bearing.text, manifest.signedText, bearing.publicKey) else {
      signature = .invalid
      return
    }
    let known = keys.following(manifest.knowledge.keys, of: manifest.fleet, verify: verify)
    let key = known.first { $0.publicKey == bearing.publicKey }
    signature = key.map { .valid($0) } ?? .unknown(publicKey: bearing.publicKey)
  }
}

/// Why the manifest of a host is not accepted.
package enum ManifestProblem: Hashable, Sendable {
  /// It is not what this fleet's controller installed there: the host needs repair.
  case drift(String)
  /// It belongs to another fleet or state: the host must not be changed.
  case ofOthers(String)
}

/// A release that another copy of the state has installed since this one was written.
package struct NewerRelease: Hashable, Sendable, CustomStringConvertible {
  package var host: HostName
  package var manifest: Manifest
  /// The serial of this state, which is outdated.
  package var stateSerial: Int

  package init(host: HostName, manifest: Manifest, stateSerial: Int) {
    self.host = host
    self.manifest = manifest
    self.stateSerial = stateSerial
  }

  package var description: String { "\(claim); this state has serial \(stateSerial)" }

  /// What its manifest says about its origin.
  package var claim: String {
    let made = manifest.madeAt.description
    return "\(host): release \(manifest.release.number) by \(manifest.madeBy),"
      + " \(made.prefix(10)) \(made.dropFirst(11).prefix(5)), from serial \(manifest.serial)"
  }
}

/// A survey whose manifests are checked, with the hosts because of which a run must not continue.
package struct JudgedSurvey: Hashable, Sendable {
  package var survey: Survey
  /// Sorted by host.
  package var newer: [NewerRelease] = []
  /// Hosts whose manifests are signed with an unknown key, if they are the majority: then the key most
  /// likely belongs to another copy of the state, not to an attacker.
  package var underOtherKey: [HostName] = []
}

extension FleetState {
  private enum Finding {
    case accepted(Manifest)
    case problem(ManifestProblem)
    case newer(NewerRelease)
    case underOtherKey
  }

  /// Decides which manifests of a survey are accepted.
  ///
  /// - Parameter addresses: the addresses of the inventory's hosts, by which renamed machines are found.
  package func judge(_ survey: Survey, addresses: [HostName: IPAddress]) -> JudgedSurvey {
    var judged = JudgedSurvey(survey: survey)
    var answered = 0
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(var observation) = result else { continue }
      answered += 1
      observation.manifest = nil
      guard let shown = observation.shownManifest, observation.currentRelease != nil else {
        judged.survey[host] = .observed(observation)
        continue
      }
      switch finding(shown, on: host, at: addresses[host]) {
      case .accepted(let manifest): observation.manifest = manifest.withoutKnowledge
      case .problem(let problem): observation.manifestProblem = problem
      case .newer(let newer):
        judged.newer.append(newer)
        observation.manifest = newer.manifest.withoutKnowledge
      case .underOtherKey:
        judged.underOtherKey.append(host)
        observation.manifestProblem = .drift("is signed with a key that is not this fleet's")
      }
      judged.survey[host] = .observed(observation)
    }
    if judged.underOtherKey.count * 2 <= answered { judged.underOtherKey = [] }
    return judged
  }

  private func finding(
    _ shown: ShownManifest, on host: HostName, at address: IPAddress?
  ) -> Finding {
    guard let manifest = shown.manifest else {
      return .problem(.drift("cannot be read"))
    }
    let known = manifests[host]
    if known?.digests.contains(shown.digest) == true { return .accepted(manifest) }
    if let others = others(manifest) { return .problem(.ofOthers(others)) }
    switch shown.signature {
    case .missing:
      // Version 0.1.0 did not sign: its releases are accepted if they match the record.
      let isRecorded = manifest.release == hosts[host]?.release || wasRenamed(manifest, to: address)
      return manifest.host == nil && known == nil && isRecorded
        ? .accepted(manifest) : .problem(.drift("is not signed"))
    case .invalid: return .problem(.drift("was changed after it was signed"))
    case .unknown: return .underOtherKey
    case .valid(let key):
      guard manifest.host == host else {
        let former = manifest.host.map { "the manifest of \($0)" } ?? "a manifest for no host"
        return wasRenamed(manifest, shown.digest, to: address)
          ? .accepted(manifest) : .problem(.drift("is a copy of \(former)"))
      }
      if fleetKeys.hasReplaced(key) {
        return .problem(
          .drift(
            "by \(manifest.madeBy) is signed with fleet key \(key.generation), which was replaced"))
      }
      guard let known, manifest.serial <= known.serial else {
        return .newer(NewerRelease(host: host, manifest: manifest, stateSerial: serial))
      }
      return .problem(
        .drift(
          "is from serial \(manifest.serial), older than the last known one from serial"
            + " \(known.serial)"))
    }
  }

  /// Whether the machine was recorded under another name.
  private func wasRenamed(
    _ manifest: Manifest, _ digest: String? = nil, to address: IPAddress?
  ) -> Bool {
    guard let address else { return false }
    if let digest, let former = manifest.host {
      return hosts[former]?.address == address
        && manifests[former]?.digests.contains(digest) == true
    }
    return hosts.values.contains { $0.address == address && $0.release == manifest.release }
  }

  private func others(_ manifest: Manifest) -> String? {
    if manifest.fleet != fleet {
      return
        "it belongs to the fleet \"\(manifest.fleet)\", and a host can only belong to one: remove it"
        + " from that fleet first"
    }
    guard manifest.lineage != lineage else { return nil }
    return "it has release \(manifest.release.number) of another state of this fleet (lineage"
      + " \(manifest.lineage)): run \"deploy state rebuild\" if the state file was lost"
  }
}

extension Manifest {
  /// The manifest without its knowledge about the fleet, which is read separately when it is needed.
  fileprivate var withoutKnowledge: Manifest {
    var manifest = self
    manifest.knowledge = FleetKnowledge()
    return manifest
  }
}
