import Fleet
import Inventories
import Nginx
import State

/// Decides how a front-end serves the sites whose certificates are ordered: with the certificate that is there, with
/// the files that it has already, or without TLS until the certificate is ordered.
struct OrderedSites {
  private let materials: Materials
  private let snapshot: Snapshot

  init(_ materials: Materials, _ snapshot: Snapshot) {
    self.materials = materials
    self.snapshot = snapshot
  }

  /// What a host presents to the visitors of a site.
  enum Service {
    /// The certificate that the controller has.
    case ordered
    /// The files of the host's present release, of which the controller has no copy.
    case present
    /// Files on the host that its present release names.
    case installed(certificate: RemotePath, key: RemotePath)
    /// Nothing: the site answers challenges only.
    case none
  }

  /// A site that is served over TLS stays so: no host goes back for lack of a copy.
  func service(of site: Site) -> Service {
    if materials.siteCertificates[site.domain] != nil { return .ordered }
    let files = [ReleasePath.publicCertificate(of: site.domain), .publicKey(of: site.domain)]
    if files.allSatisfy({ snapshot.kept($0.relative) != nil }) { return .present }
    return installedFiles(of: site).map { .installed(certificate: $0, key: $1) } ?? .none
  }

  /// The certificate files outside of releases that the present configuration of a site names.
  private func installedFiles(of site: Site) -> (RemotePath, RemotePath)? {
    let path = ReleasePath.configuration(of: site.domain, as: .frontEnd).relative
    guard let text = snapshot.texts[path] else { return nil }
    func argument(_ directive: String) -> RemotePath? {
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count == 2, words[0] == directive, words[1].hasSuffix(";") else { continue }
        return RemotePath(String(words[1].dropLast())).flatMap {
          $0.text.hasPrefix(ReleasePath.currentRelease + "/") ? nil : $0
        }
      }
      return nil
    }
    guard let certificate = argument("ssl_certificate"), let key = argument("ssl_certificate_key")
    else { return nil }
    return (certificate, key)
  }

  /// What the configuration of a host has to know about challenges.
  func challenges(on host: Host, _ context: PlanContext) -> ChallengeAnswers {
    var answers = ChallengeAnswers(thumbprints: materials.thumbprints)
    for site in context.inventory.sites(publishedBy: host.name) where site.isCertificateOrdered {
      switch service(of: site) {
      case .ordered, .present: continue
      case .installed(let certificate, let key):
        answers.installed[site.domain] = .init(certificate: certificate, key: key)
      case .none: answers.unserved.insert(site.domain)
      }
    }
    return answers
  }
}

extension OrderedCertificate {
  /// The record of its key's file.
  var keyRecord: FileRecord { FileRecord(digest: keyDigest, isSecret: true) }
}
