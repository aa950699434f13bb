import ACME
import Inventories

/// The way in which an account proves names.
enum Solvers {
  static func solver(
    for account: ACMEAccount, _ interaction: any Interaction
  ) -> any ChallengeSolver {
    HostAnswers()
  }
}
