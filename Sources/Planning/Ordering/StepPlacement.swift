import Fleet
import State

/// Gives the steps of a host their stages and the dependencies that the sequencer decides.
struct StepPlacement: Sendable {
  let sequencer: ChangeSequencer
  /// What a host has after each of its steps; empty for a host that does not change.
  let goals: [[HostStep.Goal]]

  /// - Parameters:
  ///   - steps: one for each step of the host's track.
  ///   - host: its position among the hosts of the change.
  func placed(_ steps: [HostStep], of host: Int) -> [HostStep] {
    var steps = steps
    for index in steps.indices { place(&steps[index], of: host, at: index + 1) }
    Self.explain(&steps)
    return steps
  }

  /// - Parameter position: the position on the host's track of the state that the step leads to.
  private func place(_ step: inout HostStep, of host: Int, at position: Int) {
    step.stage = sequencer.stage(of: host, to: position)
    step.needs = sequencer.needs(of: host, to: position).map(need)
    step.ways = sequencer.ways(of: host, to: position).sorted { $0.key < $1.key }
      .map { site, ways in HostStep.Way(site: site, needs: ways.map(need)) }
  }

  private func need(_ milestone: ChangeSequencer.Milestone) -> HostStep.Need {
    let goals = goals[milestone.host]
    let index = milestone.position - 1
    return HostStep.Need(
      host: sequencer.changes[milestone.host].name,
      goal: goals.indices.contains(index) ? goals[index] : nil)
  }

  /// - Parameter way: the back-end first, then the hosts before it.
  private func need(_ way: [ChangeSequencer.Milestone]) -> HostStep.Need {
    // What is already there does not have to be waited for.
    let open = way.filter { $0.position > 0 }.map(need)
    var first = open[0]
    first.through = Array(open.dropFirst())
    return first
  }

  /// Adds the reason for intermediate steps.
  private static func explain(_ steps: inout [HostStep]) {
    for index in steps.indices.dropFirst() {
      let others = Set(steps[index].needs.map(\.host)).sorted()
      let names =
        switch others.count {
        case 0: "the other hosts"
        case 1...3: others.joined(separator: " and ")
        default: others.listed()
        }
      let updated = others.count == 1 ? "is updated" : "are updated"
      steps[index - 1].reasons.append(
        "it accepts both the old and the new configuration until \(names) \(updated)")
      steps[index].reasons.insert("\(names) \(updated): the old configuration is removed", at: 0)
    }
  }
}
