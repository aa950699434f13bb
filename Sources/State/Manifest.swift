/// What a release is, as text beside it on the host: enough to recreate a lost state from the fleet.
///
/// One fact a line, the kind first, so that the host's shell can read it with `sed`. The last line says
/// that it is the last: a manifest that was cut off is none.
package struct Manifest: Hashable, Sendable {
  package static let path = "manifest"
  private static let heading = "deploy-manifest 2"
  private static let ending = "end"

  package var fleet: String
  package var lineage: String
  package var madeAt: Timestamp
  package var madeBy: String
  package var release: ReleaseRecord

  package init(
    fleet: String, lineage: String, madeAt: Timestamp, madeBy: String, release: ReleaseRecord
  ) {
    self.fleet = fleet
    self.lineage = lineage
    self.madeAt = madeAt
    self.madeBy = madeBy
    self.release = release
  }

  package var text: String {
    var lines = [
      Self.heading, "fleet \(fleet)", "lineage \(lineage)", "release \(release.number)",
      "made \(madeAt) \(madeBy)",
    ]
    lines += release.replaces.map { ["replaces \($0)"] } ?? []
    lines += release.facts.lines
    for (path, file) in release.files.sorted(by: { $0.key < $1.key }) {
      lines.append("file \(file.digest) \(file.isSecret ? "0600" : "0644") \(path)")
    }
    for (path, leaf) in release.certificates.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "certificate \(path) \(leaf.serial) \(leaf.issuerKeyIdentifier) \(leaf.notBefore)"
          + " \(leaf.notAfter) \(leaf.key) \(leaf.commonName) \(leaf.names.joined(separator: ","))"
          + " \(leaf.issuer)")
    }
    lines.append(Self.ending)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Returns nil where the text is not a whole manifest of a version that is known here.
  package init?(_ text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    guard lines.popLast()?.isEmpty == true, lines.popLast() == Self.ending[...],
      lines.popFirst() == Self.heading[...],
      let fleet = lines.popFirst()?.value(of: "fleet"),
      let lineage = lines.popFirst()?.value(of: "lineage"),
      let number = lines.popFirst()?.value(of: "release").flatMap({ Int($0) }),
      let made = lines.popFirst()?.value(of: "made")?.fields(atMost: 2), made.count == 2,
      let madeAt = Timestamp(made[0])
    else { return nil }
    var release = ReleaseRecord(number: number, files: [:], certificates: [:])
    for line in lines {
      if let file = line.value(of: "file")?.fields(atMost: 3), file.count == 3,
        ["0600", "0644"].contains(file[1])
      {
        release.files[file[2]] = FileRecord(digest: file[0], isSecret: file[1] == "0600")
      } else if let leaf = line.value(of: "certificate")?.fields(atMost: 9), leaf.count == 9,
        let notBefore = Timestamp(leaf[3]), let notAfter = Timestamp(leaf[4])
      {
        release.certificates[leaf[0]] = CertificateRecord(
          serial: leaf[1], issuer: leaf[8], issuerKeyIdentifier: leaf[2], commonName: leaf[6],
          names: leaf[7].split(separator: ",").map(String.init), key: leaf[5],
          notBefore: notBefore, notAfter: notAfter)
      } else if let number = line.value(of: "replaces").flatMap({ Int($0) }) {
        release.replaces = number
      } else if !release.facts.read(line) {
        return nil
      }
    }
    self.init(
      fleet: String(fleet), lineage: String(lineage), madeAt: madeAt, madeBy: made[1],
      release: release)
  }
}

extension Substring {
  fileprivate func value(of key: String) -> Substring? {
    hasPrefix(key + " ") ? dropFirst(key.count + 1) : nil
  }

  fileprivate func fields(atMost count: Int) -> [String] {
    split(separator: " ", maxSplits: count - 1, omittingEmptySubsequences: false).map(String.init)
  }
}
