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
}
