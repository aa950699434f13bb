import Nginx

/// Why a file changes, in the words of the inventory rather than of files.
enum ReasonText {
  static func reason(for change: FileChange) -> String {
    switch change.path {
    case ReleasePath.trustBundle.relative:
      return "the trusted CAs \(pluralVerb(change.kind))"
    case ReleasePath.revocationLists.relative:
      return "the revoked certificates \(pluralVerb(change.kind))"
    case let path where path.hasPrefix("firewall."):
      return "the firewall \(verb(change.kind))"
    case ReleasePath.main.relative: return "the list of sites \(verb(change.kind))"
    default: break
    }
    let file = change.path.split(separator: "/")
    guard let last = file.last, let dot = last.lastIndex(of: ".") else { return change.path }
    let domain = last[..<dot]
    return switch (file.first, file.dropFirst().first) {
    case ("nginx", "snippets"): "the snippet of \(domain) \(verb(change.kind))"
    case ("nginx", _): "the site \(domain) \(verb(change.kind))"
    case ("tls", "sites"):
      "the \(last.hasSuffix(".key") ? "key" : "certificate") of \(domain) \(verb(change.kind))"
    default: "\(change.path) \(verb(change.kind))"
    }
  }

  private static func pluralVerb(_ kind: FileChange.Kind) -> String {
    switch kind {
    case .create: "are new"
    case .change: "change"
    case .remove: "go"
    }
  }

  private static func verb(_ kind: FileChange.Kind) -> String {
    switch kind {
    case .create: "is new"
    case .change: "changes"
    case .remove: "goes"
    }
  }
}
