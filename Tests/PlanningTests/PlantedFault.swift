import Fleet
import Planning

/// A mistake that the judge of interleavings has to find.
enum PlantedFault: CaseIterable {
  case stagesReversed, stagesMerged, intermediatesSkipped, portsUnguarded, drainsForgotten

  /// Makes a plan wrong.
  func plant(in plan: inout Plan) {
    switch self {
    case .stagesReversed: plan.stages.reverse()
    case .stagesMerged:
      let hosts = Set(plan.stages.flatMap(\.batches).flatMap(\.self)).sorted()
      plan.stages = [Stage(name: "all", batches: [hosts])]
    case .portsUnguarded:
      plan.changeSteps { $0.dropLast().map(\.unguarded) + $0.suffix(1) }
    case .drainsForgotten: plan.changeSteps { $0.map(\.routingToAll) }
    case .intermediatesSkipped:
      plan.changeSteps { Array($0.suffix(1)) }
      var seen: Set<HostName> = []
      for index in plan.stages.indices {
        plan.stages[index].batches = plan.stages[index].batches.map { batch in
          batch.filter { seen.insert($0).inserted }
        }
      }
    }
  }
}

extension Plan {
  fileprivate mutating func changeSteps(_ change: ([HostStep]) -> [HostStep]) {
    for index in hosts.indices {
      guard let steps = StepSequence(change(hosts[index].steps)) else { continue }
      hosts[index].outcome = .steps(steps)
    }
  }
}

extension HostStep {
  /// The same step with front-ends that send requests to drained back-ends.
  fileprivate var routingToAll: HostStep {
    guard var installation else { return self }
    for index in installation.files.indices
    where installation.files[index].path.hasPrefix("nginx/front-end/") {
      guard case .text(let text) = installation.files[index].source else { continue }
      installation.files[index].source = .text(text.replacing(" down;", with: ";"))
    }
    var step = self
    step.kind = .install(installation)
    return step
  }

  /// The same step with a firewall that accepts every source.
  fileprivate var unguarded: HostStep {
    guard var installation else { return self }
    for index in installation.files.indices
    where installation.files[index].path == "firewall.nft" {
      guard case .text(let text) = installation.files[index].source else { continue }
      installation.files[index].source = .text(
        text.replacing("policy drop", with: "policy accept").replacing(
          " drop\n", with: " accept\n"))
    }
    var step = self
    step.kind = .install(installation)
    return step
  }
}
