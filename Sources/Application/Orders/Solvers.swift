import ACME
import Fleet
import Inventories

/// The way in which an account proves names: by records that its commands make, or by what front-ends answer.
enum Solvers {
  static func solver(
    for account: ACMEAccount, _ interaction: any Interaction
  ) -> any ChallengeSolver {
    guard let dns = account.dns else { return HostAnswers() }
    return DNSRecords(
      DNSHooks(
        present: dns.present, cleanup: dns.cleanup, timeout: dns.timeout.seconds,
        variables: dns.environment),
      resolvers: dns.resolvers, clock: RunClock(), warn: { interaction.warn($0) })
  }

  /// Warns of CAA records for which a server would refuse an order. Where the DNS cannot be asked, nothing is said: the
  /// server asks it in any case.
  static func warnOfCAA(
    _ names: [String], by kind: ChallengeKind, at directory: Directory,
    _ interaction: any Interaction
  ) async {
    guard let identities = directory.meta?.caaIdentities, !identities.isEmpty else { return }
    let dns = DNSClient()
    for name in names {
      guard let policy = try? await dns.caaPolicy(for: name),
        let objection = policy.objection(to: Set(identities), for: name, by: kind)
      else { continue }
      interaction.warn("\(name) will probably be refused: \(objection)")
    }
  }
}
