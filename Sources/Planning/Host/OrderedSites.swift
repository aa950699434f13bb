import Fleet
import Inventories
import Nginx
import State

/// Decides how a front-end serves the sites whose certificates are ordered: with the certificate that is there, with
/// the files that it has already, or without TLS until the certificate is ordered.
struct OrderedSites {
  private let context: PlanContext
  private let snapshot: Snapshot
  private var materials: Materials { context.materials }

  init(_ context: PlanContext, _ snapshot: Snapshot) {
    self.context = context
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

  /// A site that is served over TLS stays so: no host loses its certificate for lack of a copy, or gets an older one that was
  /// ordered for something else.
  func service(of site: Site) -> Service {
    let kept = materials.siteCertificates[site.domain]
    if let kept, isFit(kept, site) || isInstalled(kept, site) { return .ordered }
    let files = [ReleasePath.publicCertificate(of: site.domain), .publicKey(of: site.domain)]
    if files.allSatisfy({ snapshot.kept($0.relative) != nil }) { return .present }
    if let (certificate, key) = installedFiles(of: site) {
      return .installed(certificate: certificate, key: key)
    }
    return kept == nil ? .none : .ordered
  }

  private func isInstalled(_ kept: Materials.SiteCertificate, _ site: Site) -> Bool {
    let path = ReleasePath.publicCertificate(of: site.domain).relative
    return snapshot.release?.files[path]?.digest == context.input.digest(kept.certificate)
  }

  /// Whether visitors of every name accept it, and it comes from where the inventory says.
  private func isFit(_ kept: Materials.SiteCertificate, _ site: Site) -> Bool {
    guard let ordered = kept.ordered else { return false }
    return ordered.notAfter > context.input.now && !ordered.isRevoked
      && Set(site.orderedNames).isSubset(of: ordered.names)
      && ordered.source == context.inventory.orderSource(of: site)
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
  func challenges(on host: Host) -> ChallengeAnswers {
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

extension Inventory {
  /// Where the certificate of a site is ordered; nil if it is not ordered.
  func orderSource(of site: Site) -> OrderSource? {
    if case .command(let program) = site.certificate {
      return .command(
        program.words,
        files: [program.files?.certificate, program.files?.key].compactMap { $0?.path.text })
    }
    return acmeAccount(of: site).map { .acme($0.directory) }
  }
}

extension OrderedCertificate {
  /// The record of its key's file.
  var keyRecord: FileRecord { FileRecord(digest: keyDigest, isSecret: true) }
}
