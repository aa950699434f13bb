package import Fleet
import Nginx
package import State

extension FleetState {
  /// How long an interrupted rotation of certificates can be continued, in seconds. A later request
  /// starts over and renews the certificates of every host.
  private static let resumableSeconds: Int64 = 86_400

  /// Records which certificates are to be replaced, or continues an interrupted rotation: hosts that it
  /// has already completed keep their new certificates.
  ///
  /// - Parameters:
  ///   - survey: what the hosts have; the state is used for hosts that it does not cover.
  ///   - startOver: whether an interrupted rotation is discarded.
  /// - Returns: the interrupted rotation, if it is continued.
  package mutating func beginRotation(
    of roles: Set<Role>, on hosts: [HostName], _ survey: Survey, startOver: Bool, at now: Timestamp
  ) -> CertificateRotation? {
    let earlier =
      startOver
      ? nil
      : rotation.flatMap { now < $0.startedAt.adding(seconds: Self.resumableSeconds) ? $0 : nil }
    var next = earlier ?? CertificateRotation(startedAt: now)
    for host in hosts {
      for (path, certificate) in release(on: host, survey)?.certificates ?? [:]
      where roles.contains(Role(ofCertificate: path)) {
        next.include(certificate, at: path, of: host)
      }
    }
    rotation = next
    return earlier
  }
}

extension FleetState {
  /// Records what the hosts of a plan have now, if an earlier run was killed before it could write that
  /// down: until they change, their edges are judged by it.
  package mutating func catchUp(with plan: Plan) {
    for step in plan.steps {
      if let present = step.present, hasIssued(present, to: step.host) {
        hosts[step.host]?.release = present
      }
      guard let digest = step.presentDigest else { continue }
      if manifests[step.host]?.digests.contains(digest) == true {
        settle(digest, on: step.host)
      } else {
        expect(digest, fromSerial: 0, on: step.host)
      }
    }
  }
}

extension Role {
  /// The role that a certificate is for; a certificate that visitors see belongs to the front-end.
  init(ofCertificate path: String) {
    self = path == ReleasePath.certificate(for: .backEnd).relative ? .backEnd : .frontEnd
  }
}
