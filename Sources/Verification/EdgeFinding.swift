import Certificates
package import Fleet
import Planning
import State

/// What came of trying an edge.
package struct EdgeFinding: Encodable, Sendable {
  package internal(set) var site: DomainName
  package internal(set) var frontEnd: HostName
  package internal(set) var backEnd: HostName
  package internal(set) var address: IPAddress
  package internal(set) var port: Port
  /// Empty where the edge is as it should be.
  package internal(set) var problems: [String] = []
  /// Whether the front-end was there to try it from.
  package internal(set) var isTried = true
  /// Whether the back-end's port could be connected to.
  package internal(set) var isConnected = true
  package internal(set) var tlsVersion: String?
  package internal(set) var served: ServedCertificate?
  /// The common names of the CAs that the back-end says it accepts clients of.
  package internal(set) var acceptedIssuers: [String] = []
  /// The answers to the front-end, to a client without a certificate, to one with a foreign certificate.
  package internal(set) var ownCertificate: String?
  package internal(set) var withoutCertificate: String?
  package internal(set) var foreignCertificate: String?
  /// The answer to a front-end of other sites.
  package internal(set) var otherFrontEnd: String?
  /// Nil where the back-end offered nothing to take up.
  package internal(set) var isResumed: Bool?

  private enum CodingKeys: CodingKey {
    case site, frontEnd, backEnd, address, port, problems, tlsVersion, served, acceptedIssuers
    case ownCertificate, withoutCertificate, foreignCertificate, otherFrontEnd, isResumed
  }

  init(_ edge: FleetChecks.Edge) {
    site = edge.site
    frontEnd = edge.frontEnd
    backEnd = edge.backEnd
    address = edge.address
    port = edge.port
  }

  /// - Parameter record: the certificate that the back-end should serve.
  mutating func note(_ report: ProbeReport, recorded record: CertificateRecord?) {
    tlsVersion = report.tlsVersion
    served = report.served.first.map { ServedCertificate($0) }
    acceptedIssuers = report.acceptedIssuers
    ownCertificate = report.answerText
    if !report.isClientAccepted {
      problems.append("a certificate of the CA is not accepted: \(report.answerText)")
    }
    problems += (report.distrust.map { ["\($0)"] } ?? []) + report.mismatch(with: record)
  }

  mutating func noteRefusal(
    _ answer: WritableKeyPath<EdgeFinding, String?>, of report: ProbeReport, _ how: String
  ) {
    self[keyPath: answer] = report.answerText
    if report.isClientAccepted {
      problems.append("a client \(how) is let in: \(report.answerText)")
    }
  }
}
