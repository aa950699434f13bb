package import Fleet
import Nginx
package import State

extension FleetState {
  /// For so long a rotation of certificates that was cut off is gone on with. Whoever asks later wants
  /// new ones everywhere.
  private static let secondsToGoOn: Int64 = 86_400

  /// Notes which certificates are to be replaced, or goes on with a rotation that was cut off: then hosts
  /// that it has reached keep what it has brought them.
  ///
  /// - Parameters:
  ///   - survey: what the hosts have; where it does not say, the state does.
  ///   - startOver: whether one that was cut off is forgotten.
  /// - Returns: the rotation as it stood, where there is one to go on with.
  package mutating func beginRotation(
    of roles: Set<Role>, on hosts: [HostName], _ survey: Survey, startOver: Bool, at now: Timestamp
  ) -> CertificateRotation? {
    let earlier =
      startOver
      ? nil : rotation.flatMap { now < $0.startedAt.adding(seconds: Self.secondsToGoOn) ? $0 : nil }
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
  /// Takes over what hosts that are going to change have by now, where a run was killed before it could
  /// write that down: until they change, their edges are judged by it.
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
  /// The role that a certificate is for; what visitors see is the front-end's.
  init(ofCertificate path: String) {
    self = path == ReleasePath.certificate(for: .backEnd).relative ? .backEnd : .frontEnd
  }
}
