import Firewall
package import Fleet
package import State

/// What a step changes for connections: the difference between the facts of its release and of the previous
/// one.
package struct StepEffects: Hashable, Sendable {
  /// Which sources newly reach a port or a site and which no longer do, such as
  /// `443/tcp now also from 203.0.113.12` and `shop.example now also for edge-2`.
  package private(set) var reachability: [String] = []
  package private(set) var services = Difference<Listening>()
  package private(set) var routes = Difference<EdgeFacts.Route>()
  /// Key identifiers of the CAs that the host accepts.
  package private(set) var trusts = Difference<String>()

  /// A site on a port.
  package struct Listening: Hashable, Comparable, Sendable, Encodable {
    package let site: DomainName
    package let port: Port

    init(_ service: EdgeFacts.Service) {
      site = service.site
      port = service.port
    }

    package static func < (left: Listening, right: Listening) -> Bool {
      (left.site, left.port) < (right.site, right.port)
    }
  }

  /// The elements that are added and removed between two lists.
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

  /// Empty if the facts of one of the two releases are not known: it was made before facts were recorded, or a host to
  /// which an earlier release returns has no valid manifest now.
  fileprivate init(of step: HostStep, after before: EdgeFacts?) {
    let after: EdgeFacts?
    switch step.kind {
    case .restore(let restored):
      guard before != nil, let record = restored.record, record.facts != EdgeFacts() else { return }
      after = record.facts
    case .install(let installation): after = installation.facts
    case .remove: after = nil
    }
    guard before != EdgeFacts() else { return }
    let (old, new) = (before ?? EdgeFacts(), after ?? EdgeFacts())
    let openings = (
      before.map(\.openings) ?? Opening.withoutFirewall,
      after.map(\.openings) ?? Opening.withoutFirewall
    )
    reachability = difference(from: openings.0, to: openings.1) { $0 != .everythingElse }
    // With the first firewall, ports that stay open are as important as those that close.
    if before == nil { reachability += stayingOpen(new.openings) }
    reachability += difference(from: openings.0, to: openings.1) { $0 == .everythingElse }
    reachability += difference(from: old.publications, to: new.publications)
    if let before, let after {
      reachability += admissions(from: before.services, to: after.services)
    }
    services = Difference(
      from: old.services.map(Listening.init), to: new.services.map(Listening.init))
    routes = Difference(from: old.routes, to: new.routes)
    trusts = Difference(from: old.trusts, to: new.trusts)
  }
}

extension HostPlan {
  /// The effects of each step, in order.
  package var effects: [StepEffects] {
    steps.indices.map { index in
      StepEffects(
        of: steps[index],
        after: index == 0 ? steps[index].present?.facts : steps[index - 1].facts)
    }
  }
}

/// For each site that is served before and after: the front-ends that it is newly or no longer served to.
private func admissions(
  from old: [EdgeFacts.Service], to new: [EdgeFacts.Service]
) -> [String] {
  let before = Dictionary(old.map { ($0.site, $0.frontEnds) }) { first, _ in first }
  let after = Dictionary(new.map { ($0.site, $0.frontEnds) }) { first, _ in first }
  return after.sorted { $0.key < $1.key }.flatMap { site, admitted -> [String] in
    guard let earlier = before[site], earlier != admitted else { return [] }
    guard let admitted else { return ["\(site) now for every front-end"] }
    guard let earlier else {
      return ["\(site) now only for \(admitted.map(\.text).joined(separator: ", "))"]
    }
    let change = StepEffects.Difference(from: earlier, to: admitted)
    let (new, gone) = (change.new.listed, change.gone.listed)
    return (new.isEmpty ? [] : ["\(site) now also for \(new)"])
      + (gone.isEmpty ? [] : ["\(site) no longer for \(gone)"])
  }
}

private func stayingOpen(_ openings: [Opening]) -> [String] {
  let open = openings.filter { $0.target != .everythingElse && $0.from == .everybody }
  return open.isEmpty
    ? [] : ["\(open.ports) \(open.count == 1 ? "stays" : "stay") open to everybody"]
}

extension [HostName] {
  fileprivate var listed: String { map(\.text).joined(separator: ", ") }
}
