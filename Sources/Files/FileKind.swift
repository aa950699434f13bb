/// What a file is for: its maximum size, and who must be able to read it.
package struct FileKind: Hashable, Sendable {
  /// Who must, or must not, be able to read the file.
  package enum Audience: Hashable, Sendable {
    case anyone
    /// A secret: refused if other users can read it.
    case ownerAlone
    /// Shown in plans: refused if only its owner can read it.
    case everyone
  }

  /// Bytes.
  package let limit: Int
  package let audience: Audience
  /// False for names that `deploy` chooses.
  package let mayBeLink: Bool

  package init(limit: Int, audience: Audience = .anyone, mayBeLink: Bool = true) {
    self.limit = limit
    self.audience = audience
    self.mayBeLink = mayBeLink
  }

  private static let mebibyte = 1 << 20

  /// An inventory or playbook: 10,000 hosts take 2 MiB.
  package static let inventory = FileKind(limit: 32 * mebibyte)
  /// A file elsewhere that an inventory includes. Mistakes show its lines, so it must not be a secret.
  package static let distantInventory = FileKind(limit: 32 * mebibyte, audience: .everyone)
  /// 10,000 hosts take 60 MiB.
  package static let state = FileKind(limit: 512 * mebibyte, mayBeLink: false)
  /// A run whose records would need more writes the whole state in between.
  package static let stateJournal = FileKind(limit: 256 * mebibyte, mayBeLink: false)
  /// Runs move it away when it is much smaller.
  package static let runHistory = FileKind(limit: 128 * mebibyte, mayBeLink: false)
  /// It contains every file of every host that changes.
  package static let savedPlan = FileKind(limit: 1024 * mebibyte)
  /// A file of the CA that is public.
  package static let ca = FileKind(limit: 16 * mebibyte)
  package static let caKey = FileKind(limit: mebibyte, audience: .ownerAlone)
  /// A certificate with its chain, or the key of one.
  package static let certificate = FileKind(limit: mebibyte)
  /// Certificates of CAs that are installed as they are.
  package static let issuers = FileKind(limit: mebibyte, audience: .everyone)
  package static let snippet = FileKind(limit: mebibyte, audience: .everyone)
  /// The ranges of a CDN, where `deploy` keeps them.
  package static let keptRanges = FileKind(limit: mebibyte, mayBeLink: false)
  /// The ranges of a CDN, where the user has them.
  package static let ranges = FileKind(limit: mebibyte)
  /// A passphrase or password on its first line.
  package static let secret = FileKind(limit: 1 << 16, audience: .ownerAlone)
  /// A credential of a systemd service. Its folder is for the service alone; the mode of the file may show an access
  /// control list instead.
  package static let credential = FileKind(limit: 1 << 16)
  package static let sshConfiguration = FileKind(limit: mebibyte)
  /// A private key for logging in.
  package static let identity = FileKind(limit: 1 << 16)
  package static let knownHosts = FileKind(limit: 64 * mebibyte)
}
