import Certificates
package import Fleet
import Planning
import State

/// The result of testing one edge. ``FleetProbe`` makes it, and `deploy verify --format json` prints it.
package struct EdgeFinding: Encodable, Sendable {
  package internal(set) var site: DomainName
  package internal(set) var frontEnd: HostName
  package internal(set) var backEnd: HostName
  package internal(set) var address: IPAddress
  package internal(set) var port: Port
  /// Empty if the edge works as required.
  package internal(set) var problems: [String] = []
  /// Whether the front-end could be reached to test the edge from it.
  package internal(set) var isTried = true
  /// Whether the back-end's port accepted a connection.
  package internal(set) var isConnected = true
  package internal(set) var tlsVersion: String?
  package internal(set) var served: ServedCertificate?
  /// The common names of the CAs that the back-end announces for client certificates.
  package internal(set) var acceptedIssuers: [String] = []
  /// The answers to the front-end's certificate, to no certificate, and to a certificate of a foreign CA.
  package internal(set) var ownCertificate: String?
  package internal(set) var withoutCertificate: String?
  package internal(set) var foreignCertificate: String?
  /// The answer to the certificate of a front-end that does not serve the site.
  package internal(set) var otherFrontEnd: String?
  /// Whether a TLS session was resumed; nil if the back-end offered none.
  package internal(set) var isResumed: Bool?

  private enum CodingKeys: CodingKey {
    case site, frontEnd, backEnd, address, port, isTried, problems, tlsVersion, served,
      acceptedIssuers
    case ownCertificate, withoutCertificate, foreignCertificate, otherFrontEnd, isResumed
  }

  init(_ edge: FleetChecks.Edge) {
    site = edge.site
    frontEnd = edge.frontEnd
    backEnd = edge.backEnd
    address = edge.address
    port = edge.port
  }

  /// Records the answer to the front-end's own certificate.
  ///
  /// - Parameter record: the certificate that the back-end should serve.
  mutating func note(_ report: ProbeReport, recorded record: CertificateRecord?) {
    tlsVersion = report.tlsVersion
    served = report.served.first.map { ServedCertificate($0) }
    acceptedIssuers = report.acceptedIssuers
    ownCertificate = report.answerText
    if !report.isClientAccepted {
      let problem =
        if case .status(let status) = report.answer {
          "the back-end answered \(status) to the front-end's certificate"
        } else {
          "the back-end refuses the front-end's certificate: \(report.answerText)"
        }
      problems.append(problem)
    }
    problems += (report.distrust.map { ["\($0)"] } ?? []) + report.mismatch(with: record)
  }

  /// Records the answer to a client that the back-end must refuse.
  mutating func noteRefusal(
    _ answer: WritableKeyPath<EdgeFinding, String?>, of report: ProbeReport, _ how: String
  ) {
    self[keyPath: answer] = report.answerText
    if report.isClientAccepted {
      problems.append("the back-end accepts a client \(how): \(report.answerText)")
    }
  }
}
