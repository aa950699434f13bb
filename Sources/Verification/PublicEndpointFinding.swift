import Certificates
package import Fleet
import Planning
import State

/// The result of requesting a site through one of its front-ends, as a visitor does.
package struct PublicEndpointFinding: Encodable, Sendable {
  /// The certificate that visitors should get.
  enum Expected {
    /// A certificate of the CA, as the state records it.
    case recorded(CertificateRecord?)
    /// The first certificate of a file on the controller.
    case file(CertificateFacts)
    /// Any certificate, because another program installs it on the host.
    case any
  }

  package internal(set) var site: DomainName
  package internal(set) var frontEnd: HostName
  package internal(set) var address: IPAddress
  /// Whether the front-end could be reached to request the site from it.
  package internal(set) var isTried = true
  package internal(set) var problems: [String] = []
  /// What may be intended but a person should check.
  package internal(set) var remarks: [String] = []
  package internal(set) var served: ServedCertificate?
  package internal(set) var answer: String?
  private let endpoint: FleetChecks.PublicEndpoint

  private enum CodingKeys: CodingKey {
    case site, frontEnd, address, isTried, problems, remarks, served, answer
  }

  init(_ endpoint: FleetChecks.PublicEndpoint) {
    site = endpoint.site
    frontEnd = endpoint.frontEnd
    address = endpoint.address
    self.endpoint = endpoint
  }

  /// Records the certificate and the answer that a visitor gets.
  ///
  /// - Parameter roots: the CAs that visitors are assumed to know; nil if they are not known.
  mutating func note(
    _ report: ProbeReport, _ expected: Expected, knowing roots: KnownRoots?, at now: Timestamp
  ) {
    answer = report.answerText
    served = report.served.first.map { ServedCertificate($0) }
    problems += [answerProblem(report)].compactMap(\.self)
    switch expected {
    case .recorded(let record):
      problems += report.distrust.map { ["\($0)"] } ?? []
      problems += report.mismatch(with: record)
      return
    case .file(let facts):
      if let leaf = report.served.first, leaf.fingerprint != facts.fingerprint {
        problems.append(
          "the server presents certificate \(CertificateRecord.short(leaf.serial)), but the inventory's file"
            + " has \(CertificateRecord.short(facts.serial)): run \"deploy apply\" to install it")
      }
    case .any: break
    }
    notePublicChain(report, roots, at: now)
  }

  private mutating func notePublicChain(
    _ report: ProbeReport, _ roots: KnownRoots?, at now: Timestamp
  ) {
    guard let chain = report.chain else { return }
    let found = chain.problems(
      asServerFor: endpoint.names.map(\.text), at: now.secondsSince1970, knowing: roots)
    for problem in found where !(problem.isAboutTrust && endpoint.isPrivatelyTrusted) {
      switch problem.effect {
      // Visitors may trust other CAs than the controller does, so this is only a remark; and so is all
      // about the issuers if only a content network sees them, which has rules of its own.
      case .unknownRoot: remarks.append("\(problem)")
      case .incomplete where endpoint.isBehindNetwork: remarks.append("\(problem)")
      case .incomplete, .refusedByNginx, .refusedByAll, .refusedByVisitors:
        problems.append("\(problem)")
      }
    }
  }

  /// What is wrong with the answer, by the component that gave it: front-end, back-end or application.
  private func answerProblem(_ report: ProbeReport) -> String? {
    guard case .status(let status) = report.answer else {
      return "a request failed: \(report.answerText)"
    }
    if endpoint.asksForCertificate {
      // nginx answers 400 if a client certificate is missing. The key of the network is not available here.
      return status == 400
        ? nil : "a visitor who bypasses the CDN is answered with \(status), not refused"
    }
    if report.saysRefused {
      return
        "a request is answered with \(status): all back-ends refuse the front-end's certificate"
    }
    switch status {
    case 503 where endpoint.isInMaintenance: return nil
    case 421: return "a request is answered with 421: the front-end does not know the site"
    case 502, 504:
      return "a request is answered with \(status): the front-end cannot reach any back-end"
    case 500...:
      return
        "a request is answered with \(status): the edge works, but the application reports an error"
    default: return nil
    }
  }
}
