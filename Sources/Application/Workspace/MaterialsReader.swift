import Certificates
import Diagnostics
import Files
import Fleet
import Inventories
import Planning
import State

/// Reads and checks the files that an inventory names.
struct MaterialsReader {
  let workspace: Workspace
  let now: Timestamp
  /// The sites whose keys are needed, because they are pushed; other keys are not read, and need not
  /// be on the controller.
  let keys: KeyNeed
  var roots: KnownRoots? = SystemRoots.known

  enum KeyNeed {
    case none
    /// Of the sites that one of these front-ends publishes.
    case of(Set<HostName>)
  }

  /// Reads all files.
  ///
  /// - Throws: one failure with every mistake.
  func read() throws -> Materials {
    let materials = readable()
    let problems = workspace.inventory.sites.flatMap { materials.unread[$0.domain] ?? [] }
    guard problems.isEmpty else {
      throw Failure(.invalidInput, problems.joined(separator: "\ndeploy: "))
    }
    return materials
  }

  /// Reads the files that can be read, and notes the mistakes of the others by site.
  func readable() -> Materials {
    var materials = Materials()
    for site in workspace.inventory.sites {
      var problems: [String] = []
      read(site, &materials, &problems)
      if !problems.isEmpty { materials.unread[site.domain] = problems }
    }
    return materials
  }

  private func read(_ site: Site, _ materials: inout Materials, _ problems: inout [String]) {
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
      let reader = SiteCertificateReader(
        now: now, roots: roots, resolve: { workspace.resolve($0) })
      materials.siteCertificates[site.domain] = reader.read(
        certificate, key: needsKey(of: site) ? key : nil, of: site, &problems)
    }
  }

  private func needsKey(of site: Site) -> Bool {
    switch keys {
    case .none: false
    case .of(let hosts): site.frontEnds.contains(where: hosts.contains)
    }
  }

  private typealias Mistake = UserText.Mistake

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
    return try UserText.read(bytes, at: path)
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
