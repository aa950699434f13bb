import Firewall
package import State

/// What a step changes for those who connect: the facts of its release beside those of the one before.
package struct StepEffects: Hashable, Sendable {
  /// Who newly reaches a port and who no longer does, such as `443/tcp now also from 203.0.113.12`.
  package private(set) var reachability: [String] = []
  package private(set) var services = Difference<EdgeFacts.Service>()
  package private(set) var routes = Difference<EdgeFacts.Route>()
  /// Key identifiers of the authorities that the host accepts.
  package private(set) var trusts = Difference<String>()

  package struct Difference<Element: Hashable & Comparable & Sendable>: Hashable, Sendable {
    /// Sorted.
    package private(set) var new: [Element] = []
    /// Sorted.
    package private(set) var gone: [Element] = []

    init() {}

    init(from old: [Element], to new: [Element]) {
      self.new = Set(new).subtracting(old).sorted()
      gone = Set(old).subtracting(new).sorted()
    }
  }

  /// Nothing is known of a release that is only put back, or was made before facts were recorded.
  private init(of step: HostStep, after before: EdgeFacts?) {
    switch step.action {
    case .restore, .unchanged, .blocked, .unreachable: return
    case .create, .change, .remove: break
    }
    guard before != EdgeFacts() else { return }
    let (old, new) = (before ?? EdgeFacts(), step.action == .remove ? EdgeFacts() : step.facts)
    reachability = difference(
      from: before.map(\.typedOpenings) ?? Opening.withoutFirewall,
      to: step.action == .remove ? Opening.withoutFirewall : new.typedOpenings)
    reachability += difference(from: old.typedPublications, to: new.typedPublications)
    // Beside all that closes, a reader wants to know what does not.
    if before == nil { reachability += stayingOpen(new.typedOpenings) }
    services = Difference(from: old.services, to: new.services)
    routes = Difference(from: old.routes, to: new.routes)
    trusts = Difference(from: old.trusts, to: new.trusts)
  }

  /// - Parameter steps: those of one host stand together, in the order in which they are taken.
  fileprivate static func all(of steps: [HostStep]) -> [StepEffects] {
    steps.indices.map { index in
      let step = steps[index]
      let isFirst = index == 0 || steps[index - 1].host != step.host
      return StepEffects(
        of: step, after: isFirst ? step.present?.facts : steps[index - 1].facts)
    }
  }
}

extension Plan {
  /// One for each step, in their order.
  package var effects: [StepEffects] { StepEffects.all(of: steps) }
}

private func stayingOpen(_ openings: [Opening]) -> [String] {
  let open = openings.filter { $0.target != .everythingElse && $0.from == .everybody }
  return open.isEmpty
    ? [] : ["\(open.ports) \(open.count == 1 ? "stays" : "stay") open to everybody"]
}
