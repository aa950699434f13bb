import CAStore
import Certificates
import Diagnostics
import Files
import Fleet

/// Reads the files of a CA that another program created, and asks for the passphrase of its keys.
struct ForeignCAReader {
  /// Where the passphrase of encrypted keys comes from.
  let source: PassphraseSource
  let interaction: any Interaction

  /// - Throws: `Failure`, `FileError`, `CertificateError` or `CAStoreError`, which name the file.
  func read(_ files: ForeignCAFiles, now: Int64) async throws -> CAImport {
    guard let certificate = files.certificate, let key = files.key else {
      throw Failure(
        .usage, "a certificate and a key are needed: name them with --certificate and --key")
    }
    let bundle = try Self.certificates(at: certificate)
    let ca = try ImportedCA(
      bundle, chain: files.chain.map { try Self.certificates(at: $0) },
      key: try await self.key(at: key), now: now)
    let lists = try files.revocationLists.map { try Self.lists(at: $0) }
    // The root's key is opened only if it has to sign.
    let needsRootKey = try ca.rootPEM().map { root in
      !lists.contains { $0.list(signedBy: root) != nil }
    }
    guard let path = files.rootKey, needsRootKey != false else {
      return try CAImport(ca, lists: lists, rootKey: nil, now: now)
    }
    return try CAImport(ca, lists: lists, rootKey: try await self.key(at: path), now: now)
  }

  static func lists(at path: String) throws -> ForeignRevocationLists {
    try ForeignRevocationLists(FileReader.read(path, as: .ca), named: path)
  }

  private static func certificates(at path: String) throws -> CertificateBundle {
    let bytes = try FileReader.read(path, as: .ca)
    let content = CredentialContent(of: bytes)
    if content != .certificatesAndKey, let advice = content.advice(at: path, as: .certificate) {
      throw Failure(.failed, advice)
    }
    // A key beside the certificate is of no interest here, and must not be copied.
    return try CertificateBundle(pem: Self.certificateBlocks(of: bytes), named: path)
  }

  private static func certificateBlocks(of bytes: [UInt8]) -> String {
    var isInside = false
    let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
      if line.starts(with: "-----BEGIN ".utf8) {
        isInside = String(decoding: line.prefix(80), as: UTF8.self).contains("CERTIFICATE-----")
      }
      defer { if line.starts(with: "-----END ".utf8) { isInside = false } }
      return isInside
    }
    return lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
  }

  private func key(at path: String) async throws -> ForeignKey {
    var bytes = try FileReader.read(path, as: .caKey)
    let content = CredentialContent(of: bytes)
    let pem = Secret(wiping: &bytes)
    if content == .pkcs12 {
      throw Failure(
        .failed,
        "\(path) is a PKCS#12 file, but a private key in PEM form is needed. Convert it with the following"
          + " command, which encrypts the key again:\n    openssl pkcs12 -nocerts -in"
          + " \(ShellWord.quoted(path)) -out \(ShellWord.quoted(path + ".key"))")
    }
    if let advice = content.advice(at: path, as: .key) { throw Failure(.failed, advice) }
    let isEncrypted =
      switch CAFiles.protection(ofForeignKey: pem) {
      case .encrypted, .encryptedElsewise: true
      case .none, .noKey: false
      }
    let passphrase = isEncrypted ? try await passphrase(ofKeyAt: path) : nil
    return try ForeignKey(pem: pem, passphrase: passphrase, named: path)
  }

  private func passphrase(ofKeyAt path: String) async throws -> Secret {
    try await SecretReader(
      source: source, name: "passphrase", origin: "given with --key-passphrase-env",
      resolve: { $0 },
      ask: {
        var answer = try await interaction.askSecret(
          "Passphrase of \(path): ",
          instead: "use --key-passphrase-env, --key-passphrase-file or --key-passphrase-command")
        return Secret(wiping: &answer)
      }
    ).read()
  }
}
