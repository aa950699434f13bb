/// The intermediate certificate that a site's certificate file lacks.
package struct MissingIssuer: Hashable, Sendable {
  /// The path of the certificate file, for messages.
  package var file: String
  /// The common name of the certificate that is missing; empty if it has none.
  package var issuer: String

  package init(file: String, issuer: String) {
    self.file = file
    self.issuer = issuer
  }

  /// The warning for the site.
  ///
  /// - Parameter domain: the site's domain.
  package func warning(for domain: String) -> String {
    "\(file) has the certificate of \(domain) but not the certificate of its issuer"
      + (issuer.isEmpty ? "" : " \"\(issuer)\"") + ": " + Self.remedy
  }

  /// What an incomplete chain means and what to do about it.
  package static let remedy =
    "many clients cannot verify an incomplete chain. Use the file with the whole chain (fullchain.pem"
    + " of certbot), or append the certificates of the private CA, including its root"
}
