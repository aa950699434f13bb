import Fleet

extension Manifest {
  /// The longest manifest that is read, in bytes.
  package static let mostBytes = 16 << 20

  /// Returns nil if the text is not a complete manifest of a known version.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.mostBytes else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    guard lines.popLast()?.isEmpty == true, lines.popLast() == Self.ending[...],
      let heading = lines.popFirst(),
      let fleet = lines.popFirst()?.value(of: "fleet"),
      let lineage = lines.popFirst()?.value(of: "lineage"),
      let number = lines.popFirst()?.value(of: "release").flatMap({ ReleaseNumber($0) }),
      let made = lines.popFirst()?.value(of: "made")?.fields(2), let madeAt = Timestamp(made[0])
    else { return nil }
    self.init(
      fleet: String(fleet), lineage: String(lineage), host: nil, serial: 0, madeAt: madeAt,
      madeBy: made[1], release: ReleaseRecord(number: number, files: [:], certificates: [:]))
    switch heading {
    case Self.unsignedHeading[...]: break
    case Self.heading[...]:
      guard let host = lines.popFirst()?.value(of: "host").flatMap({ HostName(String($0)) }),
        let serial = lines.popFirst()?.value(of: "serial").flatMap({ Int($0) }),
        FleetState.serials.contains(serial)
      else { return nil }
      (self.host, self.serial) = (host, serial)
      if let signature = lines.last?.value(of: "signature")?.fields(2) {
        lines.removeLast()
        self.signature = Signature(publicKey: signature[0], text: signature[1])
      }
    default: return nil
    }
    for line in lines {
      guard read(line) else { return nil }
    }
    guard hasValidValues else { return nil }
    // The text is exactly what would be signed: no line is duplicated or in another form.
    guard host == nil || self.text == text else { return nil }
  }

  /// Whether the host's values are valid for a release: they become paths, names and numbers here.
  private var hasValidValues: Bool {
    guard TextRule.fleetName.accepts(fleet), TextRule.word.accepts(lineage),
      TextRule.line.accepts(madeBy)
    else { return false }
    do throws(StateMistake) {
      try release.check(.root)
      return true
    } catch {
      return false
    }
  }

  private mutating func read(_ line: Substring) -> Bool {
    if let file = line.value(of: "file")?.fields(3), ["0600", "0644"].contains(file[1]) {
      release.files[file[2]] = FileRecord(digest: file[0], isSecret: file[1] == "0600")
      return true
    }
    if let leaf = line.value(of: "certificate")?.fields(2),
      let record = CertificateRecord(manifestFields: leaf[1])
    {
      release.certificates[leaf[0]] = record
      return true
    }
    if let host, let leaf = line.value(of: "issued")?.fields(3), let issuedAt = Timestamp(leaf[1]),
      let record = CertificateRecord(manifestFields: leaf[2])
    {
      knowledge.issued.append(
        IssuanceRecord(host: host, path: leaf[0], certificate: record, issuedAt: issuedAt))
      return true
    }
    if let before = line.value(of: "replaces").flatMap({ ReleaseBefore($0) }) {
      release.replaces = before
      return true
    }
    return release.facts.read(line) || host != nil && knowledge.read(line)
  }
}

extension CertificateRecord {
  /// The fields in the manifest after the path.
  var manifestFields: String {
    "\(serial) \(issuerKeyIdentifier) \(notBefore) \(notAfter) \(key) \(commonName)"
      + " \(names.joined(separator: ",")) \(issuer)"
  }

  fileprivate init?(manifestFields text: String) {
    guard let fields = text[...].fields(8), let notBefore = Timestamp(fields[2]),
      let notAfter = Timestamp(fields[3])
    else { return nil }
    self.init(
      serial: fields[0], issuer: fields[7], issuerKeyIdentifier: fields[1], commonName: fields[5],
      names: fields[6].split(separator: ",").map(String.init), key: fields[4],
      notBefore: notBefore, notAfter: notAfter)
  }
}

extension FleetKnowledge {
  /// One line of the manifest for each fact.
  var lines: [String] {
    caGenerations.map { record in
      "ca \(record.generation) \(record.status.rawValue) \(record.keyIdentifier)"
        + " \(record.fingerprint) \(record.notBefore) \(record.notAfter)"
        + " \(record.certificate.onOneLine) \(record.commonName)"
    }
      + retired.map {
        "retired-ca \($0.generation) \($0.keyIdentifier) \($0.notAfter) \($0.commonName)"
      }
      + revocations.map {
        "revoked \($0.serial) \($0.issuerKeyIdentifier) \($0.revokedAt) \($0.reason.rawValue)"
          + " \($0.notAfter) \($0.host?.text ?? "")"
      }
      + keys.map { key in
        "fleet-key \(key.generation) \(key.publicKey)"
          + " \(key.endorsement.map { "\($0.signer) \($0.signature)" } ?? "")"
      }
      + issued.map { "issued \($0.path) \($0.issuedAt) \($0.certificate.manifestFields)" }
  }

  /// Reads one line of a manifest; returns false if it is not knowledge about the fleet.
  mutating func read(_ line: Substring) -> Bool {
    if let fields = line.value(of: "ca")?.fields(8), let generation = Int(fields[0]),
      let status = CAGeneration.Status(rawValue: fields[1]),
      let notBefore = Timestamp(fields[4]), let notAfter = Timestamp(fields[5])
    {
      caGenerations.append(
        CAGeneration(
          generation: generation, commonName: fields[7], keyIdentifier: fields[2],
          fingerprint: fields[3], notBefore: notBefore, notAfter: notAfter,
          certificate: fields[6].onSeveralLines, status: status))
    } else if let fields = line.value(of: "retired-ca")?.fields(4), let generation = Int(fields[0]),
      let notAfter = Timestamp(fields[2])
    {
      retired.append(
        RetiredCA(
          generation: generation, commonName: fields[3], keyIdentifier: fields[1],
          notAfter: notAfter))
    } else if let fields = line.value(of: "revoked")?.fields(6),
      let revokedAt = Timestamp(fields[2]), let reason = Revocation.Reason(rawValue: fields[3]),
      let notAfter = Timestamp(fields[4])
    {
      let host = HostName(fields[5])
      guard host != nil || fields[5].isEmpty else { return false }
      revocations.append(
        Revocation(
          serial: fields[0], issuerKeyIdentifier: fields[1], host: host, revokedAt: revokedAt,
          reason: reason,
          notAfter: notAfter))
    } else if let fields = line.value(of: "fleet-key")?.fields(3), let generation = Int(fields[0]) {
      let signed = fields[2].split(separator: " ").map(String.init)
      guard signed.isEmpty || signed.count == 2 else { return false }
      keys.append(
        FleetKey(
          generation: generation, publicKey: fields[1],
          endorsement: signed.isEmpty
            ? nil : FleetKey.Endorsement(signer: signed[0], signature: signed[1])))
    } else {
      return false
    }
    return true
  }
}

extension Substring {
  fileprivate func value(of key: String) -> Substring? {
    hasPrefix(key + " ") ? dropFirst(key.count + 1) : nil
  }

  /// The first `count` fields, of which the last includes all further spaces; nil if there are fewer.
  fileprivate func fields(_ count: Int) -> [String]? {
    let fields = split(separator: " ", maxSplits: count - 1, omittingEmptySubsequences: false)
      .map(String.init)
    return fields.count == count ? fields : nil
  }
}

extension String {
  /// The text with line ends and spaces escaped; `onSeveralLines` restores it.
  fileprivate var onOneLine: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case " ": text += "\\s"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }

  fileprivate var onSeveralLines: String {
    var (text, isEscaped) = ("", false)
    for scalar in unicodeScalars {
      if isEscaped {
        text.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "s" ? " " : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
