/// Values of playbooks of version 0.1.0, which messages translate.
package enum EarlierNames {
  private static let renamed = ["rotate-authority": "rotate-ca"]

  /// The current name of a value of version 0.1.0, if it is one of `known`.
  package static func current(_ word: String, among known: [String]) -> String? {
    renamed[word].flatMap { known.contains($0) ? $0 : nil }
  }
}
