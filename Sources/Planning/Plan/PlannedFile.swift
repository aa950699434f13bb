package import Fleet
package import State

/// One file of a planned release.
package struct PlannedFile: Hashable, Sendable {
  /// Where the content of the file comes from.
  package enum Source: Hashable, Sendable {
    case text(String)
    /// The file of the same path in the current release, unchanged.
    case present
    /// The certificate that is issued for this path when the plan is carried out.
    case certificate(String)
    /// The key of the certificate that is issued for this path.
    case key(String)
    /// A secret file of the controller, read when the plan is carried out.
    case local(String, FileRecord)
    /// The key of the certificate that was ordered for a site.
    case orderedKey(DomainName, FileRecord)
  }

  package var path: String
  package var source: Source
  package var isSecret: Bool
  /// The user's file that this one is a copy of.
  package var origin: Origin?

  /// A file of the user and the place in the inventory that names it.
  package struct Origin: Hashable, Sendable {
    package var path: String
    package var place: String

    package init(path: String, place: String) {
      self.path = path
      self.place = place
    }
  }

  package init(path: String, source: Source, isSecret: Bool = false, origin: Origin? = nil) {
    self.path = path
    self.source = source
    self.isSecret = isSecret
    self.origin = origin
  }
}

/// How one file differs from what the host has.
package struct FileChange: Hashable, Sendable {
  /// Whether the file is new, different or no longer there.
  package enum Kind: String, Hashable, Sendable {
    case create, change, remove

    package var symbol: Character {
      switch self {
      case .create: "+"
      case .change: "~"
      case .remove: "-"
      }
    }
  }

  package var path: String
  package var kind: Kind
  /// Nil if there is nothing to show.
  private var shown: Shown?

  /// What there is to show of the change.
  private enum Shown: Hashable, Sendable {
    case diff(String)
    /// The texts of which a diff is made when it is read: most diffs of a large fleet never are.
    case texts(old: String?, new: String?)
  }

  package init(path: String, kind: Kind, diff: String? = nil) {
    self.path = path
    self.kind = kind
    shown = diff.map { .diff($0) }
  }

  /// - Parameters:
  ///   - old: nil if the file was not there, or if its text is not known.
  ///   - new: nil if the file is removed.
  init(path: String, kind: Kind, from old: String?, to new: String?) {
    self.path = path
    self.kind = kind
    shown = .texts(old: old, new: new)
  }

  /// A unified diff; nil for keys, which are never shown, for certificates, which have fields instead, and for
  /// texts that are not known. It is empty if an empty file is new or removed.
  ///
  /// It is made each time.
  package var diff: String? {
    switch shown {
    case nil: nil
    case .diff(let diff): diff
    case .texts(let old, let new):
      UnifiedDiff.between(
        old ?? "", new ?? "", oldName: old == nil ? "/dev/null" : "installed/\(path)",
        newName: new == nil ? "/dev/null" : "planned/\(path)")
    }
  }
}
