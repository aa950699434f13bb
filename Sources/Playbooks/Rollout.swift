import Algorithms
package import Fleet

extension Playbook {
  /// In which portions the hosts are taken, and what a failure does.
  package struct Rollout: Hashable, Sendable {
    /// How many hosts go first and alone.
    package var canary: Int
    package var batch: Batch
    /// More failed hosts than this stop the rollout.
    package var maxFailures: Int
    /// Between two batches.
    package var pause: Period
    /// A host that is not confirmed by then undoes its transaction by itself.
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

    /// What a failure does to hosts that have changed.
    package enum OnFailure: String, CaseIterable, Hashable, Sendable {
      /// The failed host returns to the release before; the others keep the new one.
      case revert
      /// When the run stops, every host that it has changed returns to the release before.
      case revertAll = "revert_all"
    }

    /// What is proven of a batch before the next one begins.
    package enum Verification: String, CaseIterable, Hashable, Sendable {
      /// No more than what each host proves before it is confirmed.
      case none
      /// That the nginx of each of its hosts really serves the new release.
      case reload
      /// Besides, that each edge of its hosts works, from the front-end's own address.
      case edges
    }

    /// How many hosts go at once.
    package enum Batch: Hashable, Sendable {
      /// At least 1.
      case count(Int)
      /// 1 to 100 of all hosts of the run, the canary among them.
      case percent(Int)

      /// Of so many hosts in all: rounded up, at least 1.
      package func size(of total: Int) -> Int {
        switch self {
        case .count(let count): max(1, count)
        // Divided before it is multiplied, so that no fleet is too large.
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
