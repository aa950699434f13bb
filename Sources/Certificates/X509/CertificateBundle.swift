/// Certificates read from one text: a chain, or the CAs that a host trusts.
package struct CertificateBundle: Sendable {
  let name: String
  /// In the text's order; at least one.
  let certificates: [Certificate]
  package let facts: [CertificateFacts]

  /// - Parameter name: how errors name the text, such as its path.
  package init(pem: String, named name: String = "the certificates") throws(CertificateError) {
    try self.init(Certificate.readAll(pem, named: name), named: name)
  }

  init(_ certificates: [Certificate], named name: String) throws(CertificateError) {
    self.name = name
    self.certificates = certificates
    var facts: [CertificateFacts] = []
    for certificate in certificates { facts.append(try CertificateFacts(of: certificate)) }
    self.facts = facts
  }

  /// The first certificate in DER.
  package func leafDER() throws(CertificateError) -> [UInt8] { try certificates[0].der() }

  /// Each certificate encoded again, without the text around it: equal certificates are equal texts.
  package func canonicalPEM() throws(CertificateError) -> [String] {
    var texts: [String] = []
    for certificate in certificates { texts.append(try certificate.pem()) }
    return texts
  }
}
