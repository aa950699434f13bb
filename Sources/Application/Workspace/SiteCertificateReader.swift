import Certificates
import Diagnostics
import Files
import Fleet
import Hashing
import Inventories
import Planning

/// Reads and judges the certificate of a site, and the key if it is needed: what nginx refuses is an
/// error, what only visitors refuse is a warning.
struct SiteCertificateReader {
  /// A file of a site, for messages.
  private struct File {
    let place: String
    let path: String
    var bytes: [UInt8]

    var content: CredentialContent { CredentialContent(of: bytes) }

    func message(_ text: String) -> String { "\(place): \(text)" }
  }

  let now: Timestamp
  /// The CAs that visitors are assumed to know; nil if the controller has none.
  let roots: KnownRoots?
  /// Makes a path of the inventory absolute.
  let resolve: (String) -> String

  /// The files of a site that were read and judged.
  struct Files {
    let material: Materials.SiteCertificate
    /// The certificate and its chain alone, as PEM.
    let certificates: String
    /// Nil if it was not to be read.
    let key: Secret?
  }

  /// What plans need of a site's files. Nil if there are problems, which are appended.
  ///
  /// - Parameter key: nil if the key is not to be read.
  func read(
    _ certificate: LocalFile, key: LocalFile?, of site: Site, _ problems: inout [String]
  ) -> Materials.SiteCertificate? {
    files(certificate, key: key, of: site, &problems)?.material
  }

  /// The same, with the key.
  func files(
    _ certificate: LocalFile, key: LocalFile?, of site: Site, _ problems: inout [String]
  ) -> Files? {
    let file = file(certificate, &problems)
    let keyFile = key.flatMap { self.file($0, &problems) }
    guard let file, key == nil || keyFile != nil else { return nil }
    if let keyFile, file.content == .key,
      [.certificates, .derCertificate].contains(keyFile.content)
    {
      problems.append(
        file.message(
          "\(file.path) is a private key, and \(keyFile.path) is a certificate: swap the paths of"
            + " \"certificate\" and \"key\""))
      return nil
    }
    let chain = chain(of: file, &problems)
    let isUsable = keyFile.map { self.isUsable($0, with: chain, &problems) } ?? true
    guard let chain, isUsable else { return nil }
    let found = chain.problems(
      asServerFor: ([site.domain] + site.aliases).map(\.text), at: now.secondsSince1970,
      knowing: roots
    ).filter { !$0.isAboutTrust || !(site.isPrivatelyTrusted || site.isBehindNetwork) }
    let messages = found.map { ($0.effect, file.message("\(file.path): \($0)")) }
    let refused = messages.filter { $0.0 == .refusedByNginx }.map(\.1)
    guard refused.isEmpty else {
      problems += refused
      return nil
    }
    var material = Materials.SiteCertificate(
      certificate: text(of: file, chain), keyDigest: keyFile.map { Digest.sha256(of: $0.bytes) },
      notAfter: Timestamp(secondsSince1970: chain.facts[0].notAfter),
      namesResponder: chain.facts[0].namesResponder, warnings: messages.map(\.1))
    material.faults = messages.filter { $0.0 == .refusedByAll }.map(\.1)
    return Files(
      material: material, certificates: certificates(chain),
      key: keyFile.map { Secret(copying: $0.bytes) })
  }

  private func file(_ named: LocalFile, _ problems: inout [String]) -> File? {
    let path = resolve(named.path.text)
    do {
      return File(
        place: named.place.description, path: path,
        bytes: try FileReader.read(path, as: .certificate))
    } catch {
      problems.append("\(named.place): \(error)")
      return nil
    }
  }

  // MARK: - The certificate

  private func chain(of file: File, _ problems: inout [String]) -> CertificateBundle? {
    do throws(CertificateError) {
      return try CertificateBundle(serverFile: file.bytes, named: file.path)
    } catch {
      problems.append(file.message(explanation(of: error, in: file)))
      return nil
    }
  }

  private func explanation(of error: CertificateError, in file: File) -> String {
    let layout = PEMLayout(of: file.bytes)?.advice(at: file.path)
    switch file.content {
    case .key:
      return
        "\(file.path) is a private key, but a certificate in PEM form is needed. Name the file of"
        + " the certificate and its chain; if the paths of \"certificate\" and \"key\" are swapped,"
        + " swap them"
    case .certificates, .certificatesAndKey:
      return layout
        ?? "\(file.path) is damaged: \(error.reason)\(error.libraryWords). Copy the file again"
        + " from where it was issued"
    case let content:
      return layout ?? content.advice(at: file.path, as: .certificate)
        ?? "\(file.path) contains no certificate in PEM form, which is text between lines with BEGIN"
        + " CERTIFICATE and END CERTIFICATE. Name the file of the certificate and its chain"
    }
  }

  /// What hosts get and plans show: the file as it is, with Unix line endings; of a file that plans
  /// must not show, the certificates alone.
  private func text(of file: File, _ chain: CertificateBundle) -> String {
    let byteOrderMark = "\u{FEFF}".utf8
    let bytes = file.bytes.starts(with: byteOrderMark) ? file.bytes.dropFirst(3) : file.bytes[...]
    guard let read = String(validating: bytes, as: UTF8.self) else { return certificates(chain) }
    let text = read.replacing("\r\n", with: "\n")
    let isShown =
      SecretText.kind(in: text) == nil
      && text.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0.value != 0x7F || "\t\r\n".unicodeScalars.contains($0)
      }
    guard isShown else { return certificates(chain) }
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  private func certificates(_ chain: CertificateBundle) -> String {
    do {
      return try chain.canonicalPEM().joined()
    } catch {
      preconditionFailure("A certificate that was read cannot be written. This is a bug in deploy.")
    }
  }

  // MARK: - The key

  /// Whether nginx can use a key with the certificate.
  private func isUsable(
    _ key: File, with chain: CertificateBundle?, _ problems: inout [String]
  ) -> Bool {
    if let advice = key.content.advice(at: key.path, as: .key) {
      problems.append(key.message(advice))
      return false
    }
    guard let chain else { return false }
    do throws(CertificateError) {
      let files = try ServerFiles(
        chain: chain, keyPEM: Secret(copying: key.bytes), keyNamed: key.path)
      try files.checkKeyMatches()
      return true
    } catch {
      problems.append(key.message(Self.explanation(of: error, at: key.path)))
      return false
    }
  }

  private static func explanation(of error: CertificateError, at path: String) -> String {
    let file = ShellWord.quoted(path)
    return switch error.code {
    case .encryptedKey:
      "\(path) is encrypted, and nginx cannot ask for its passphrase. Decrypt it with:"
        + "\n    (umask 077; openssl pkey -in \(file) -out \(ShellWord.quoted(path + ".key")))"
    case .keyMismatch:
      "the key \(path) belongs to another certificate than \(error.object): use the key for which"
        + " this certificate was issued, or the certificate of this key"
    case .chainOutOfOrder:
      "the certificate of the key \(path) is not the first in \(error.object), and nginx takes the"
        + " first. Put it first, then its issuer, then the issuer of that"
    default:
      "\(path) is not a private key that nginx can read, or it is damaged. Use the key for which the"
        + " certificate was issued, in PEM form"
    }
  }
}
