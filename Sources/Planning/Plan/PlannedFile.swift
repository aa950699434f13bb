package import State

/// One file of a planned release.
package struct PlannedFile: Hashable, Sendable {
  package enum Source: Hashable, Sendable {
    case text(String)
    /// The file of this path in the release that is in force before, as it is.
    case present
    /// The certificate that is issued for this path when the plan is carried out.
    case certificate(String)
    /// The key of the certificate that is issued for this path.
    case key(String)
    /// A secret file of the controller, read when the plan is carried out.
    case local(String, FileRecord)
  }

  package var path: String
  package var source: Source
  package var isSecret: Bool
  /// The user's file that this one is a copy of.
  package var origin: Origin?

  /// A file of the user's and where the inventory names it.
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

/// A certificate that a host needs, and whether it has it already.
package struct PlannedCertificate: Hashable, Sendable {
  package enum Purpose: String, Hashable, Sendable {
    /// Shown by a server: serverAuth (RFC 5280, 4.2.1.12).
    case server
    /// Shown by a front-end to its back-ends: clientAuth.
    case client
  }

  /// Where the certificate goes, below the release's folder.
  package var path: String
  package var keyPath: String
  package var purpose: Purpose
  package var commonName: String
  /// The DNS names of the subject alternative name, sorted.
  package var names: [String]
  /// The kind of key, as the inventory writes it.
  package var key: String
  /// Seconds.
  package var validFor: Int64
  /// Why a new one is issued.
  package var reason: String
  /// The one that it takes the place of.
  package var replaced: CertificateRecord?

  package init(
    path: String, keyPath: String, purpose: Purpose, commonName: String, names: [String],
    key: String, validFor: Int64, reason: String = "", replaced: CertificateRecord? = nil
  ) {
    self.path = path
    self.keyPath = keyPath
    self.purpose = purpose
    self.commonName = commonName
    self.names = names
    self.key = key
    self.validFor = validFor
    self.reason = reason
    self.replaced = replaced
  }
}

/// How one file differs from what the host has.
package struct FileChange: Hashable, Sendable {
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
  /// A unified diff; empty for what is not shown: keys, and certificates that have fields instead.
  package var diff: String

  package init(path: String, kind: Kind, diff: String = "") {
    self.path = path
    self.kind = kind
    self.diff = diff
  }
}
