import Planning

/// A mistake that the judge of interleavings has to find.
enum PlantedFault: CaseIterable {
  case stagesReversed, stagesMerged, intermediatesSkipped, portsUnguarded

  /// Makes a plan wrong.
  func plant(in plan: inout Plan) {
    switch self {
    case .stagesReversed: plan.stages.reverse()
    case .stagesMerged:
      let hosts = Set(plan.stages.flatMap(\.batches).flatMap(\.self)).sorted()
      plan.stages = [Stage(name: "all", batches: [hosts])]
    case .portsUnguarded:
      for index in plan.steps.indices where plan.steps[index].isFollowed(in: plan) {
        plan.steps[index].files = plan.steps[index].files.map { file in
          guard file.path == "firewall.nft", case .text(let text) = file.source else { return file }
          var file = file
          file.source = .text(
            text.replacing("policy drop", with: "policy accept").replacing(
              " drop\n", with: " accept\n"))
          return file
        }
      }
    case .intermediatesSkipped:
      let last = Dictionary(
        plan.steps.enumerated().map { ($0.element.host, $0.offset) }, uniquingKeysWith: max)
      let kept = plan.steps.enumerated().filter { last[$0.element.host] == $0.offset }
      plan.steps = kept.map(\.element)
      var seen: Set<String> = []
      for index in plan.stages.indices {
        plan.stages[index].batches = plan.stages[index].batches.map { batch in
          batch.filter { seen.insert($0).inserted }
        }
      }
    }
  }
}

extension HostStep {
  /// Whether its host has a later step in the plan.
  fileprivate func isFollowed(in plan: Plan) -> Bool {
    plan.steps.contains { $0.host == host && $0.release > release }
  }
}
