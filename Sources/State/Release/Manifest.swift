package import Fleet

/// The description of a release in a text file on the host, signed with the fleet's key. A lost state can
/// be rebuilt from manifests, and they show whether another copy of the state installed a release.
///
/// One fact on each line, beginning with its kind, so that a shell can read it with `sed`. The last line
/// is `end`: a truncated manifest is not valid. The line before it is the signature over all lines before.
package struct Manifest: Hashable, Sendable {
  package static let path = "manifest"
  static let heading = "deploy-manifest 3"
  /// The heading of version 0.1.0, which wrote neither host nor serial nor signature.
  static let unsignedHeading = "deploy-manifest 2"
  static let ending = "end"

  package var fleet: String
  package var lineage: String
  /// The host that it was made for: another host with it has copied it. Nil in manifests of version 0.1.0.
  package var host: HostName?
  /// The serial of the state that it was made from.
  package var serial: Int
  package var madeAt: Timestamp
  package var madeBy: String
  package var release: ReleaseRecord
  package var knowledge: FleetKnowledge
  package var signature: Signature?

  /// The public key of the signer, and the signature (RFC 8032) in 128 lower-case hexadecimal digits.
  package struct Signature: Hashable, Sendable {
    package var publicKey: String
    package var text: String

    package init(publicKey: String, text: String) {
      self.publicKey = publicKey
      self.text = text
    }
  }

  package init(
    fleet: String, lineage: String, host: HostName?, serial: Int, madeAt: Timestamp, madeBy: String,
    release: ReleaseRecord, knowledge: FleetKnowledge = FleetKnowledge()
  ) {
    self.fleet = fleet
    self.lineage = lineage
    self.host = host
    self.serial = serial
    self.madeAt = madeAt
    self.madeBy = madeBy
    self.release = release
    self.knowledge = knowledge
  }

  package var isOfVersion010: Bool { host == nil }

  package var text: String {
    signedText
      + (signature.map { "signature \($0.publicKey) \($0.text)\n" } ?? "") + Self.ending + "\n"
  }

  /// The signed text.
  package var signedText: String {
    var lines = [
      host == nil ? Self.unsignedHeading : Self.heading, "fleet \(fleet)", "lineage \(lineage)",
      "release \(release.number)", "made \(madeAt) \(madeBy)",
    ]
    lines += host.map { ["host \($0)", "serial \(serial)"] } ?? []
    lines += release.replaces.map { ["replaces \($0)"] } ?? []
    lines += release.facts.lines
    for (path, file) in release.files.sorted(by: { $0.key < $1.key }) {
      lines.append("file \(file.digest) \(file.isSecret ? "0600" : "0644") \(path)")
    }
    for (path, leaf) in release.certificates.sorted(by: { $0.key < $1.key }) {
      lines.append("certificate \(path) \(leaf.manifestFields)")
    }
    return (lines + knowledge.lines).map { $0 + "\n" }.joined()
  }
}
