/// The answers to HTTP-01 challenges by hosts whose nginx knows the account's thumbprint: nothing has to be
/// prepared for one order. A wildcard cannot be proven this way.
package struct HostAnswers: ChallengeSolver {
  package init() {}

  package func kinds(for name: String) -> [ChallengeKind] {
    name.hasPrefix("*.") ? [] : [.http01]
  }

  package func prepare(_ task: ChallengeTask) {}
  package func cleanUp(_ task: ChallengeTask) {}
}
