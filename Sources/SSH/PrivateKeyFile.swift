internal import CLibSSH2
internal import FoundationEssentials

/// What a private key's file tells without its passphrase.
struct PrivateKeyFile: Hashable, Sendable {
  let path: String
  /// As in known_hosts: "ssh-ed25519"; nil where only the passphrase would tell.
  let type: String?
  /// The public half, which only OpenSSH's own format shows.
  let publicKey: [UInt8]?
  let isEncrypted: Bool

  /// Why a file cannot be used, and what to do.
  struct Problem: Error, Hashable {
    let detail: String
    static let missing = Problem(detail: "does not exist")
  }

  static func inspect(_ path: String) throws(Problem) -> PrivateKeyFile {
    let text: String?
    do {
      text = try readLocalFile(path)
    } catch {
      throw Problem(detail: "cannot be read: \(error)")
    }
    guard let text else { throw .missing }
    return try inspect(text, path: path)
  }

  static func inspect(_ text: String, path: String) throws(Problem) -> PrivateKeyFile {
    let lines = text.split { $0.isNewline }
    let label = lines.lazy.compactMap(pemLabel).first
    switch label {
    case "OPENSSH PRIVATE KEY":
      return try inspectOpenSSH(lines, path: path)
    case "RSA PRIVATE KEY":
      try refuseUnsupported("ssh-rsa")
      return PrivateKeyFile(
        path: path, type: "ssh-rsa", publicKey: nil, isEncrypted: text.contains("4,ENCRYPTED"))
    case "EC PRIVATE KEY":
      return PrivateKeyFile(
        path: path, type: "ecdsa", publicKey: nil, isEncrypted: text.contains("4,ENCRYPTED"))
    case "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
      return PrivateKeyFile(
        path: path, type: nil, publicKey: nil, isEncrypted: label != "PRIVATE KEY")
    default:
      throw Problem(detail: "is no private key")
    }
  }

  /// openssh-portable's PROTOCOL.key: magic, cipher, kdf, its options, a count, the public key.
  private static func inspectOpenSSH(
    _ lines: [Substring], path: String
  ) throws(Problem) -> PrivateKeyFile {
    let body = lines.filter { !$0.hasPrefix("-----") }.joined()
    let magic = Array("openssh-key-v1\0".utf8)
    guard let bytes = Data(base64Encoded: body), bytes.starts(with: magic) else {
      throw Problem(detail: "is damaged: no OpenSSH private key stands between its lines")
    }
    var reader = WireReader(Array(bytes.dropFirst(magic.count)))
    guard let cipher = reader.text(), reader.text() != nil, reader.string() != nil,
      reader.uint32() == 1, let publicKey = reader.string(), let key = HostKey(blob: publicKey)
    else {
      throw Problem(detail: "is damaged: its header ends early")
    }
    try refuseUnsupported(key.type)
    guard supportedCiphers.contains(cipher) else {
      throw Problem(
        detail: "is encrypted with \(cipher), which libssh2 cannot read; change it with "
          + "`ssh-keygen -p -Z aes256-ctr -f \(path)`")
    }
    return PrivateKeyFile(
      path: path, type: key.type, publicKey: publicKey, isEncrypted: cipher != "none")
  }

  private static let supportedCiphers: Set<String> = [
    "none", "aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes192-cbc", "aes256-cbc",
  ]

  /// Servers since OpenSSH 8.8 take only SHA-2 signatures from RSA keys, which libssh2 makes since
  /// 1.11.
  static func refuseUnsupported(_ type: String) throws(Problem) {
    if type == "ssh-rsa" && libssh2_version(0x01_0b_00) == nil {
      throw Problem(
        detail: "is an RSA key: this libssh2 makes only SHA-1 signatures with it, which servers "
          + "refuse; use an ed25519 key (`ssh-keygen -t ed25519`)")
    }
    if type.hasPrefix("sk-") || type.contains("-cert-") || type == "ssh-dss" {
      throw Problem(detail: "is a \(type) key, which is not supported; use an ed25519 key")
    }
  }

  private static func pemLabel(_ line: Substring) -> Substring? {
    guard line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") else { return nil }
    return line.dropFirst(11).dropLast(5)
  }
}
