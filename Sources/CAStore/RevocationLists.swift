package import Certificates
import Fleet
package import State

/// The revocation lists of the CA's generations and of the root. ``CAFolder`` signs them.
package struct RevocationLists: Sendable {
  /// A CA generation and its revocation list.
  package struct Entry: Sendable {
    package var record: CAGeneration
    package var list: RevocationList
    /// The list of its root; nil if the generation is self-signed.
    package var above: RevocationList?
    /// Whether the list is not in a file yet.
    var isNew: Bool
  }

  /// In the order of the generations.
  package var signed: [Entry] = []
  /// What the user should know before hosts get these lists; a sentence each.
  package var warnings: [String] = []
}

extension RevokedCertificate {
  init(_ revocation: Revocation) {
    self.init(
      serial: revocation.serial, revokedAt: revocation.revokedAt.secondsSince1970,
      reason: RevocationReason(revocation.reason))
  }
}

extension RevocationReason {
  init(_ reason: Revocation.Reason) {
    self =
      switch reason {
      case .unspecified: .unspecified
      case .keyCompromise: .keyCompromise
      case .superseded: .superseded
      case .cessationOfOperation: .cessationOfOperation
      }
  }
}

extension Revocation.Reason {
  package init(_ reason: RevocationReason) {
    self =
      switch reason {
      case .unspecified: .unspecified
      case .keyCompromise: .keyCompromise
      case .superseded: .superseded
      case .cessationOfOperation: .cessationOfOperation
      }
  }
}
