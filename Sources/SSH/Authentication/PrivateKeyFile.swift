internal import Files
internal import FoundationEssentials

/// What can be read from a private key file without its passphrase.
struct PrivateKeyFile: Hashable, Sendable {
  let path: String
  /// As in known_hosts: "ssh-ed25519"; nil if it can be read only with the passphrase.
  let type: String?
  /// The public half, which only OpenSSH's own format shows.
  let publicKey: [UInt8]?
  let isEncrypted: Bool
  /// Whether libssh2 can read it and makes signatures that current servers accept.
  let isForLibrary: Bool

  private init(
    path: String, type: String?, publicKey: [UInt8]?, isEncrypted: Bool, isReadable: Bool
  ) {
    self.path = path
    self.type = type
    self.publicKey = publicKey
    self.isEncrypted = isEncrypted
    // An encrypted key would be decrypted again for each host, some 200 ms of the loop's thread.
    isForLibrary = isReadable && !isEncrypted && type != "ssh-rsa"
  }

  /// Why a file cannot be used, and what to do.
  struct Problem: Error, Hashable {
    let detail: String
    static let missing = Problem(detail: "does not exist")
  }

  static func inspect(_ path: String) throws(Problem) -> PrivateKeyFile {
    let bytes: [UInt8]?
    do {
      bytes = try FileReader.readIfPresent(path, as: .identity)
    } catch {
      throw Problem(detail: error.predicate)
    }
    guard let bytes else { throw .missing }
    return try inspect(String(decoding: bytes, as: UTF8.self), path: path)
  }

  static func inspect(_ text: String, path: String) throws(Problem) -> PrivateKeyFile {
    let lines = text.split { $0.isNewline }
    let label = lines.lazy.compactMap(pemLabel).first
    switch label {
    case "OPENSSH PRIVATE KEY":
      return try inspectOpenSSH(lines, path: path)
    case "RSA PRIVATE KEY":
      return PrivateKeyFile(
        path: path, type: "ssh-rsa", publicKey: nil, isEncrypted: text.contains("4,ENCRYPTED"),
        isReadable: false)
    case "EC PRIVATE KEY":
      return PrivateKeyFile(
        path: path, type: "ecdsa", publicKey: nil, isEncrypted: text.contains("4,ENCRYPTED"),
        isReadable: true)
    case "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
      return PrivateKeyFile(
        path: path, type: nil, publicKey: nil, isEncrypted: label != "PRIVATE KEY",
        isReadable: false)
    default:
      throw Problem(detail: "is not a private key")
    }
  }

  /// openssh-portable's PROTOCOL.key: magic, cipher, kdf, its options, a count, the public key.
  private static func inspectOpenSSH(
    _ lines: [Substring], path: String
  ) throws(Problem) -> PrivateKeyFile {
    let body = lines.filter { !$0.hasPrefix("-----") }.joined()
    let magic = Array("openssh-key-v1\0".utf8)
    guard let bytes = Data(base64Encoded: body), bytes.starts(with: magic) else {
      throw Problem(detail: "is damaged: there is no OpenSSH private key between its lines")
    }
    var reader = WireReader(Array(bytes.dropFirst(magic.count)))
    guard let cipher = reader.text(), reader.text() != nil, reader.string() != nil,
      reader.uint32() == 1, let publicKey = reader.string(), let key = HostKey(blob: publicKey)
    else {
      throw Problem(detail: "is damaged: its header ends early")
    }
    try refuseUnsupported(key.type)
    return PrivateKeyFile(
      path: path, type: key.type, publicKey: publicKey, isEncrypted: cipher != "none",
      isReadable: true)
  }

  /// libssh2 cannot send the signatures of hardware keys, nor certificates.
  static func refuseUnsupported(_ type: String) throws(Problem) {
    if type.hasPrefix("sk-") || type.contains("-cert-") {
      throw Problem(
        detail: "is a \(type) key, which only OpenSSH itself supports: use `ssh: {transport: "
          + "openssh}`")
    }
    if type == "ssh-dss" {
      throw Problem(detail: "is a DSA key, which servers refuse; use an ed25519 key")
    }
  }

  private static func pemLabel(_ line: Substring) -> Substring? {
    guard line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") else { return nil }
    return line.dropFirst(11).dropLast(5)
  }
}
