import Algorithms
package import Fleet

extension Playbook {
  /// The batches in which hosts are changed, and what happens after a failure.
  package struct Rollout: Hashable, Sendable {
    /// How many hosts are changed first.
    package var canary: Int
    package var batch: Batch
    /// The rollout stops if more hosts than this have failed.
    package var maxFailures: Int
    /// The time between two batches.
    package var pause: Period
    /// A host that is not confirmed within this time rolls back automatically.
    package var confirmWithin: Period
    package var onFailure: OnFailure
    package var verification: Verification

    package init(
      canary: Int = 0, batch: Batch = .percent(100), maxFailures: Int = 0,
      pause: Period = .seconds(0), confirmWithin: Period = .seconds(30),
      onFailure: OnFailure = .revert, verification: Verification = .reload
    ) {
      self.canary = canary
      self.batch = batch
      self.maxFailures = maxFailures
      self.pause = pause
      self.confirmWithin = confirmWithin
      self.onFailure = onFailure
      self.verification = verification
    }

    /// Which hosts are rolled back after a failure: `on_failure` in a playbook's `rollout`.
    package enum OnFailure: String, CaseIterable, Hashable, Sendable {
      /// The failed host is rolled back to its previous release; the others keep the new one.
      case revert
      /// If the run stops, every host that it has changed is rolled back to its previous release.
      case revertAll = "revert_all"
    }

    /// What is verified after a batch, before the next one begins.
    package enum Verification: String, CaseIterable, Hashable, Sendable {
      /// Only what each host verifies before it is confirmed.
      case none
      /// That the nginx of each of its hosts serves the new release.
      case reload
      /// In addition, that each edge of its hosts works, from the front-end's own address.
      case edges
    }

    /// How many hosts are changed at once.
    package enum Batch: Hashable, Sendable {
      /// At least 1.
      case count(Int)
      /// 1 to 100 percent of all hosts of the run, including the canary.
      case percent(Int)

      /// The size for a total number of hosts: rounded up, at least 1.
      package func size(of total: Int) -> Int {
        switch self {
        case .count(let count): max(1, count)
        // Divided before it is multiplied, so that it cannot overflow.
        case .percent(let percent):
          max(1, total / 100 * percent + (total % 100 * percent + 99) / 100)
        }
      }
    }

    /// The hosts in the order given, cut into batches: first the canary, then the others.
    ///
    /// No batch is empty.
    package func batches<Host>(of hosts: [Host]) -> [[Host]] {
      let size = batch.size(of: hosts.count)
      let first = hosts.prefix(canary)
      let rest = hosts.dropFirst(canary).chunks(ofCount: size)
      return ((first.isEmpty ? [] : [first]) + rest).map(Array.init)
    }
  }
}
