import Certificates
import Diagnostics
import Files
import Fleet
import Hashing
import Inventories
import Planning
import State

/// Reads and checks the files that an inventory names.
struct MaterialsReader {
  let workspace: Workspace
  let now: Timestamp
  var expired = Expired.refused

  /// Whether an expired certificate of a site is accepted.
  enum Expired {
    case refused
    /// Accepted if its digest is one of these, which hosts already serve, so that it does not
    /// prevent other repairs.
    case toleratedOf(Set<String>)
    case tolerated
  }

  /// Reads all files.
  ///
  /// - Throws: one failure with every mistake.
  func read() throws -> Materials {
    var materials = Materials()
    var problems: [String] = []
    for site in workspace.inventory.sites {
      for snippet in [site.snippets.frontEnd, site.snippets.backEnd].compactMap(\.self) {
        do {
          materials.snippets[snippet.path] = try text(of: snippet, as: .snippet)
        } catch {
          problems.append("\(snippet.place): \(error)")
        }
      }
      for issuer in [site.originPulls, site.stapling?.chain].compactMap(\.self) {
        do {
          materials.issuers[issuer.path] = try issuers(issuer)
        } catch {
          problems.append("\(issuer.place): \(error)")
        }
      }
      if case .files(let certificate, let key) = site.certificate {
        do {
          materials.siteCertificates[site.domain] = try self.certificate(certificate, key, site)
        } catch {
          problems.append("\(certificate.place): \(error)")
        }
      }
    }
    guard problems.isEmpty else {
      throw Failure(.invalidInput, problems.joined(separator: "\ndeploy: "))
    }
    return materials
  }

  /// A mistake in a file that the inventory names.
  private struct Mistake: Error, CustomStringConvertible { var description: String }

  /// Reads a text that plans show in full.
  ///
  /// - Parameter use: what the file must contain; nil for a snippet.
  private func text(
    of file: LocalFile, as kind: FileKind, for use: CredentialContent.Use? = nil
  ) throws -> String {
    let path = workspace.resolve(file.path.text)
    let bytes = try FileReader.read(path, as: kind)
    if let use, let advice = CredentialContent(of: bytes).advice(at: path, as: use) {
      throw Mistake(description: advice)
    }
    return try text(bytes, at: path)
  }

  private func text(_ bytes: [UInt8], at path: String) throws -> String {
    guard let read = String(validating: bytes, as: UTF8.self) else {
      throw Mistake(description: "\(path) is not UTF-8 text")
    }
    // nginx accepts Windows line endings; plans and hosts get Unix ones.
    let text = read.replacing("\r\n", with: "\n")
    if let key = SecretText.kind(in: text) {
      throw Mistake(
        description: "\(path) contains \(key), which plans would show. Use a file without it")
    }
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { line in
      line.unicodeScalars.contains {
        $0.value < 0x20 && $0 != "\t" && $0 != "\r" || $0.value == 0x7F
      }
    }
    if let line {
      throw Mistake(description: "\(path):\(line + 1) contains a control character: remove it")
    }
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  /// Reads and checks a site's certificate and key: they belong together, and the names fit the
  /// site.
  private func certificate(
    _ certificate: LocalFile, _ key: LocalFile, _ site: Site
  ) throws -> Materials.SiteCertificate {
    let (path, keyPath) = (
      workspace.resolve(certificate.path.text), workspace.resolve(key.path.text)
    )
    let (bytes, keyBytes) = try both(path, keyPath)
    try refuseOtherContents(
      path, CredentialContent(of: bytes), keyPath, CredentialContent(of: keyBytes))
    let pem = try text(bytes, at: path)
    let files = try ServerFiles(
      certificatePEM: pem, named: path, keyPEM: Secret(copying: keyBytes), keyNamed: keyPath)
    let problems = files.problems(
      names: ([site.domain] + site.aliases).map(\.text), at: now.secondsSince1970
    ).filter { $0.code != .expired || !tolerates(pem) }
    guard problems.isEmpty else {
      throw Mistake(description: problems.map(\.description).joined(separator: "; "))
    }
    let issuer =
      site.isBehindNetwork ? nil : try files.missingIssuer(at: now.secondsSince1970)
    return Materials.SiteCertificate(
      certificate: pem, keyDigest: Digest.sha256(of: keyBytes),
      notAfter: Timestamp(secondsSince1970: files.facts[0].notAfter),
      namesResponder: files.facts[0].namesResponder,
      missing: issuer.map { MissingIssuer(file: path, issuer: $0) })
  }

  /// The content of a certificate file and of its key file; one error names both if neither can be
  /// read.
  private func both(_ path: String, _ keyPath: String) throws -> ([UInt8], [UInt8]) {
    func result(_ path: String) -> Result<[UInt8], FileError> {
      Result { () throws(FileError) in try FileReader.read(path, as: .certificate) }
    }
    switch (result(path), result(keyPath)) {
    case (.success(let certificate), .success(let key)): return (certificate, key)
    case (.failure(let first), .failure(let second)):
      throw Mistake(description: "\(first)\n\(second)")
    case (.failure(let error), .success), (.success, .failure(let error)): throw error
    }
  }

  private func refuseOtherContents(
    _ certificate: String, _ content: CredentialContent, _ key: String,
    _ keyContent: CredentialContent
  ) throws {
    if content == .key, [.certificates, .derCertificate].contains(keyContent) {
      throw Mistake(
        description: "\(certificate) is a private key, and \(key) is a certificate: swap"
          + " the paths of \"certificate\" and \"key\"")
    }
    let advice = [
      content.advice(at: certificate, as: .certificate), keyContent.advice(at: key, as: .key),
    ].compactMap(\.self)
    if !advice.isEmpty { throw Mistake(description: advice.joined(separator: "\n")) }
  }

  private func tolerates(_ pem: String) -> Bool {
    switch expired {
    case .refused: false
    case .toleratedOf(let digests): digests.contains(Digest.sha256(of: pem))
    case .tolerated: true
    }
  }

  /// Reads CA certificates. A server certificate among them is refused here, because nginx would
  /// accept it.
  private func issuers(_ file: LocalFile) throws -> String {
    let pem = try text(of: file, as: .issuers, for: .certificate)
    let path = workspace.resolve(file.path.text)
    for facts in try CertificateFacts.readAll(pem: pem, named: path) {
      guard facts.isCA else {
        throw Mistake(
          description:
            "\(path) contains the certificate of \"\(facts.commonName)\", which is not a CA"
        )
      }
      guard now.secondsSince1970 < facts.notAfter else {
        throw Mistake(
          description: "the CA \"\(facts.commonName)\" in \(path) expired on "
            + Timestamp(secondsSince1970: facts.notAfter).date)
      }
    }
    return pem
  }
}
