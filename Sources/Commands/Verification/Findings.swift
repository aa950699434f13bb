import Certificates
import Fleet
import Planning
import State

/// What was seen of a certificate.
struct ServedCertificate: Encodable {
  var serial: String
  var issuer: String
  var notAfter: Timestamp

  init(_ facts: CertificateFacts) {
    serial = facts.serial
    issuer = facts.issuerCommonName
    notAfter = Timestamp(secondsSince1970: facts.notAfter)
  }
}

/// What came of trying an edge.
struct EdgeFinding: Encodable {
  var site: String
  var frontEnd: String
  var backEnd: String
  var address: String
  var port: Int
  /// Empty where the edge is as it should be.
  var problems: [String] = []
  /// Whether the front-end was there to try it from.
  var isTried = true
  /// Whether the back-end's port could be connected to.
  var isConnected = true
  var tlsVersion: String?
  var served: ServedCertificate?
  /// The common names of the authorities that the back-end says it accepts clients of.
  var acceptedIssuers: [String] = []
  /// The answers to the front-end, to a client without a certificate, to one with a foreign certificate.
  var ownCertificate: String?
  var withoutCertificate: String?
  var foreignCertificate: String?
  /// The answer to a front-end of other sites.
  var otherFrontEnd: String?
  /// Nil where the back-end offered nothing to take up.
  var isResumed: Bool?

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
      problems.append("a certificate of the authority is not accepted: \(report.answerText)")
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

/// What came of a connection that should not come about.
struct StrangerFinding: Encodable {
  var host: String
  var backEnd: String
  var address: String
  var port: Int
  /// Nil where it did not.
  var problem: String?

  init(_ stranger: FleetChecks.Stranger) {
    host = stranger.host
    backEnd = stranger.backEnd
    address = stranger.address
    port = stranger.port
  }
}

extension ProbeReport {
  var answerText: String {
    switch answer {
    case .status(let status): "\(status)"
    case .refusedHandshake(let error): "\(error)"
    case .closed: "the connection was closed without an answer"
    case .notHTTP: "what is no HTTP"
    }
  }

  /// - Parameter record: the certificate that should be served, where it is known.
  func mismatch(with record: CertificateRecord?) -> [String] {
    guard let record, let leaf = served.first, leaf.serial != record.serial else { return [] }
    return [
      "certificate \(CertificateRecord.short(leaf.serial)) is served, not"
        + " \(record.shortSerial) as the"
        + " state has it"
    ]
  }
}
