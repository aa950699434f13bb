package import Inventories

/// How a plan is rolled out over the hosts.
package struct Playbook: Hashable, Sendable {
  /// 1 to 63 lower-case letters, digits and inner hyphens.
  package var name: String
  package var rollout: Rollout

  package init(name: String, rollout: Rollout = Rollout()) {
    self.name = name
    self.rollout = rollout
  }

  /// Used where no playbook is given; the same as the shipped `Playbooks/rolling.yml`.
  package static let rolling = Playbook(
    name: "rolling", rollout: Rollout(batch: .percent(25)))

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

    package init(
      canary: Int = 0, batch: Batch = .percent(100), maxFailures: Int = 0,
      pause: Period = .seconds(0), confirmWithin: Period = .seconds(30)
    ) {
      self.canary = canary
      self.batch = batch
      self.maxFailures = maxFailures
      self.pause = pause
      self.confirmWithin = confirmWithin
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
      var batches: [[Host]] = []
      var rest = hosts[...]
      if canary > 0, !rest.isEmpty {
        batches.append(Array(rest.prefix(canary)))
        rest = rest.dropFirst(canary)
      }
      while !rest.isEmpty {
        batches.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      return batches
    }
  }
}
