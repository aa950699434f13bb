/// The intermediate certificate that a site's certificate file lacks.
package struct MissingIssuer: Hashable, Sendable {
  /// The path of the file, for readers.
  package var file: String
  /// The common name of the certificate that is missing; empty if it has none.
  package var issuer: String

  package init(file: String, issuer: String) {
    self.file = file
    self.issuer = issuer
  }

  /// - Parameter domain: the site's.
  package func warning(for domain: String) -> String {
    "\(file) has the certificate of \(domain) without that of its issuer"
      + (issuer.isEmpty ? "" : " \"\(issuer)\"") + ": " + Self.remedy
  }

  /// What an incomplete chain means and what to do about it.
  package static let remedy =
    "many clients cannot verify such a chain. Use the file that has the whole chain, which certbot"
    + " calls fullchain.pem, or append the certificates of a private CA, its root included"
}
