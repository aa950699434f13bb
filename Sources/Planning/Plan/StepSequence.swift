/// The steps of one host in order; never empty.
package struct StepSequence: Hashable, Sendable {
  private var steps: [HostStep]

  package init(_ first: HostStep, _ rest: HostStep...) { steps = [first] + rest }

  /// - Returns: nil if there are none.
  package init?(_ steps: [HostStep]) {
    guard !steps.isEmpty else { return nil }
    self.steps = steps
  }
}

/// Steps can be changed in place, but neither added nor removed.
extension StepSequence: RandomAccessCollection, MutableCollection {
  package var startIndex: Int { steps.startIndex }
  package var endIndex: Int { steps.endIndex }

  package subscript(index: Int) -> HostStep {
    get { steps[index] }
    set { steps[index] = newValue }
  }
}
