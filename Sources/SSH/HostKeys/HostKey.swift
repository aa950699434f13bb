internal import FoundationEssentials
internal import Hashing

/// A public host key, as sent by the server or read from a known_hosts line.
struct HostKey: Hashable, Sendable {
  /// As in known_hosts: "ssh-ed25519".
  let type: String
  let base64: String

  init(type: String, base64: String) {
    self.type = type
    self.base64 = base64
  }

  /// Nil if the bytes are not an SSH public key.
  init?(blob: [UInt8]) {
    var reader = WireReader(blob)
    guard let type = reader.text() else { return nil }
    self.init(type: type, base64: Data(blob).base64EncodedString())
  }

  /// As OpenSSH prints it: "SHA256:" and Base64 without padding.
  var fingerprint: String {
    guard let blob = Data(base64Encoded: base64) else { return "unreadable" }
    var digest = Digest()
    digest.update(Array(blob))
    let text = Data(digest.bytes()).base64EncodedString()
    return "SHA256:" + text.prefix { $0 != "=" }
  }

  /// What libssh2 can verify and current servers offer, the best first.
  static let supportedTypes = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  /// The order in which to request keys from a server: those that are known for it come first, so
  /// that a known host is not taken for a new one because of another key.
  static func preference(known types: Set<String>) -> [String] {
    supportedTypes.filter(types.contains) + supportedTypes.filter { !types.contains($0) }
  }
}
