import Certificates
package import Fleet
import State

/// The certificate that a server presented.
package struct ServedCertificate: Encodable, Sendable {
  package let serial: String
  package let issuer: String
  package let notAfter: Timestamp

  init(_ facts: CertificateFacts) {
    serial = facts.serial
    issuer = facts.issuerCommonName
    notAfter = Timestamp(secondsSince1970: facts.notAfter)
  }
}
