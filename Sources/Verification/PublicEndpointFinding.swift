import Certificates
package import Fleet
import Planning
import State

/// The result of a request through a front-end's nginx, as a visitor makes it.
package struct PublicEndpointFinding: Encodable, Sendable {
  /// What the certificate that visitors are shown should be.
  enum Expected {
    /// One of the CA, as it was recorded.
    case recorded(CertificateRecord?)
    /// The first one of a file on the controller.
    case file(CertificateFacts)
    /// Whatever the host has.
    case any
  }

  package internal(set) var site: DomainName
  package internal(set) var frontEnd: HostName
  package internal(set) var problems: [String] = []
  /// What may be as it should be, and somebody should know of.
  package internal(set) var remarks: [String] = []
  package internal(set) var served: ServedCertificate?
  package internal(set) var answer: String?
  private let entrance: FleetChecks.Entrance

  private enum CodingKeys: CodingKey { case site, frontEnd, problems, remarks, served, answer }

  init(_ entrance: FleetChecks.Entrance) {
    site = entrance.site
    frontEnd = entrance.frontEnd
    self.entrance = entrance
  }

  mutating func note(
    _ report: ProbeReport, _ expected: Expected, at now: Timestamp
  ) throws {
    answer = report.answerText
    served = report.served.first.map { ServedCertificate($0) }
    problems += [wayProblem(report)].compactMap(\.self)
    switch expected {
    case .recorded(let record):
      problems += report.distrust.map { ["\($0)"] } ?? []
      problems += report.mismatch(with: record)
      return
    case .file(let facts):
      if let leaf = report.served.first, leaf.fingerprint != facts.fingerprint {
        problems.append(
          "certificate \(CertificateRecord.short(leaf.serial)) is served, not"
            + " \(CertificateRecord.short(facts.serial)) of the"
            + " inventory's file: an apply brings it")
      }
    case .any: break
    }
    try notePublicChain(report, at: now)
  }

  private mutating func notePublicChain(_ report: ProbeReport, at now: Timestamp) throws {
    guard let chain = report.chain else { return }
    problems += chain.problems(asServerFor: entrance.names.map(\.text), at: now.secondsSince1970)
      .map(\.description)
    // Visitors may trust more CAs than this machine does, so a person has to judge.
    if !entrance.isBehindNetwork, let issuer = try chain.missingIssuer(at: now.secondsSince1970) {
      problems.append(
        "the certificate of its issuer\(issuer.isEmpty ? "" : " \"\(issuer)\"") is not served:"
          + " \(MissingIssuer.remedy)")
    } else if let distrust = try chain.publicDistrust(at: now.secondsSince1970) {
      remarks.append("\(distrust)")
    }
  }

  /// What is wrong with the way through the front-end to a back-end, told apart by whose answer it is.
  private func wayProblem(_ report: ProbeReport) -> String? {
    guard case .status(let status) = report.answer else {
      return "a request is answered with \(report.answerText)"
    }
    if entrance.asksForCertificate {
      // nginx answers 400 where a certificate is missing; the network's own key is not at hand.
      return status == 400
        ? nil : "a visitor who is not of its network is answered with \(status), not refused"
    }
    if report.saysRefused {
      return
        "a request is answered with \(status): every back-end refuses the front-end's certificate"
    }
    switch status {
    case 421: return "a request is answered with 421: the front-end does not know the site"
    case 502, 504:
      return "a request is answered with \(status): the front-end has no back-end that it can use"
    case 500...:
      return "a request is answered with \(status): the way is whole, and the application says so"
    default: return nil
    }
  }
}
