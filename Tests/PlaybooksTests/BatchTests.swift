import Playbooks
import Testing
import YAML

@Suite("Batches")
struct BatchTests {
  private static let batches: [Playbook.Rollout.Batch] =
    (1...12).map { .count($0) } + [.count(.max)]
    + [1, 10, 24, 25, 33, 50, 99, 100].map { .percent($0) }

  @Test(
    "every host is changed once and in order, the canary first, no batch larger than allowed",
    arguments: batches)
  func properties(_ batch: Playbook.Rollout.Batch) {
    for total in 0...60 {
      for canary in [0, 1, 2, 5, 60, 61, Int.max] {
        let hosts = Array(0..<total)
        let rollout = Playbook.Rollout(canary: canary, batch: batch)
        let batches = rollout.batches(of: hosts)
        #expect(batches.flatMap { $0 } == hosts)
        #expect(!batches.contains { $0.isEmpty })
        if canary > 0, total > 0 { #expect(batches[0].count == min(canary, total)) }
        let rest = batches.dropFirst(canary > 0 ? 1 : 0)
        #expect(rest.allSatisfy { $0.count <= batch.size(of: total) })
        #expect(rest.dropLast().allSatisfy { $0.count == batch.size(of: total) })
      }
    }
  }

  @Test("a percentage is rounded up, to one host at least")
  func rounding() {
    for total in 0...1_000 {
      for percent in 1...100 {
        let size = Playbook.Rollout.Batch.percent(percent).size(of: total)
        #expect(size >= 1 && size * 100 >= total * percent)
        #expect(size == 1 || (size - 1) * 100 < total * percent)
      }
    }
    #expect(Playbook.Rollout.Batch.percent(100).size(of: .max) == .max)
  }

  @Test("ten hosts with a canary of one and a quarter of them at a time")
  func example() {
    let rollout = Playbook.Rollout(canary: 1, batch: .percent(25))
    #expect(
      rollout.batches(of: Array(1...10)) == [[1], [2, 3, 4], [5, 6, 7], [8, 9, 10]])
  }
}
