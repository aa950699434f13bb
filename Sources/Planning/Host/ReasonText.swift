import Nginx

/// The reason why a file of a release changes, in terms of the inventory rather than of files.
enum ReasonText {
  static func reason(for change: FileChange) -> String {
    switch change.path {
    case ReleasePath.trustBundle.relative:
      return "the CA bundle \(verb(change.kind))"
    case ReleasePath.revocationLists.relative:
      return "the revocation list \(verb(change.kind))"
    case let path where ReleasePart.firewall.contains(path):
      return "the firewall \(verb(change.kind))"
    case ReleasePath.main.relative: return "the list of sites \(verb(change.kind))"
    default: break
    }
    let name = change.path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return change.path }
    let subject =
      switch change.path {
      case let path where ReleasePart.snippets.contains(path): "the snippet of \(name[..<dot])"
      case let path where ReleasePart.maintenancePages.contains(path):
        "the maintenance page of \(name[..<dot])"
      case let path where ReleasePart.configuration.contains(path): "the site \(name[..<dot])"
      case let path where ReleasePart.siteCertificates.contains(path):
        "the \(path.hasSuffix(".key") ? "key" : "certificate") of \(name[..<dot])"
      default: change.path
      }
    return "\(subject) \(verb(change.kind))"
  }

  private static func verb(_ kind: FileChange.Kind) -> String {
    switch kind {
    case .create: "is new"
    case .change: "changes"
    case .remove: "is removed"
    }
  }
}
