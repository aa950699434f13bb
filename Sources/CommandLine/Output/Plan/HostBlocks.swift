import Algorithms
import Diagnostics
import Fleet
import Planning
import State

/// The part of a plan's text that says what changes on each host and why: one block for each group of hosts.
struct HostBlocks {
  let plan: Plan
  let caGenerations: [CAGeneration]
  /// Whether long lists are shown whole.
  let showsAll: Bool

  init(_ plan: Plan, caGenerations: [CAGeneration], showsAll: Bool = false) {
    self.plan = plan
    self.caGenerations = caGenerations
    self.showsAll = showsAll
  }

  /// The number of elements of a list that are shown.
  var most: Int { showsAll ? .max : 10 }

  /// Adds the block of a group.
  func add(_ group: HostGroup, to page: inout Page) {
    let host = group.first
    let (color, steps) = (host.actions[0].color, host.steps)
    page.add(
      "\(host.actions[0].symbol) \(group.names.listed(most: most))"
        + " (\(facts(of: group).filter { !$0.isEmpty }.joined(separator: ", ")))", color)
    add(reasons: host.hold?.reasons ?? [], to: &page)
    for (index, (step, effects)) in zip(steps, host.effects).enumerated() {
      if steps.count > 1 {
        let name =
          plan.stages.indices.contains(step.stage) ? ": \(plan.stages[step.stage].name)" : ""
        page.add(
          "\(index + 1). \(group.release(ofStep: index)), in stage \(step.stage + 1)\(name)",
          indent: 2, color)
      }
      addStep(at: index, effects, of: group, to: &page)
    }
  }

  /// What the heading says in parentheses. The addresses of several hosts are left out.
  private func facts(of group: HostGroup) -> [String] {
    let host = group.first
    let about =
      switch host.outcome {
      case .unchanged: ""
      case .held(let hold): hold.action.rawValue
      case .steps(let steps):
        steps.count == 1
          ? group.release(ofStep: 0) : "\(steps.count) steps\(group.isSingle ? "" : " each")"
      }
    let roles = host.roles.names
    guard !group.isSingle else {
      return [roles.joined(separator: " and "), host.connection.address.description, about]
    }
    let count = group.hosts.count
    return roles.count == 1
      ? [count.counting(roles[0]), about]
      : [count.counting("host"), roles.joined(separator: " and "), about]
  }

  private func add(reasons: [String], to page: inout Page) {
    for reason in reasons { page.add("because \(reason)", indent: 4) }
  }

  private func addStep(
    at index: Int, _ effects: StepEffects, of group: HostGroup, to page: inout Page
  ) {
    let step = group.first.steps[index]
    func add(_ text: String) { page.add(text, indent: 4) }
    // A certificate has its own reason below.
    let known = Set(step.certificates.map { "\($0.path): \($0.reason)" })
    self.add(reasons: step.reasons.filter { !known.contains($0) }, to: &page)
    for line in waits(step) { add(line) }
    for line in effects.reachability { add("firewall: \(line)") }
    for line in lines(effects) { add(line) }
    addCertificates(ofStep: index, of: group, to: &page)
    let listed = Set(step.certificates.flatMap { [$0.path, $0.keyPath] })
    let files = Dictionary(step.files.map { ($0.path, $0) }) { first, _ in first }
    for change in step.changes where !listed.contains(change.path) {
      add("\(change.kind.symbol) \(change.path)\(change.size(files[change.path]))")
    }
  }

  // MARK: - Waiting

  /// The lines that name the hosts which must confirm their steps before this one.
  private func waits(_ step: HostStep) -> [String] {
    var lines =
      step.needs.isEmpty
      ? [] : ["waits for \(text(step.needs)): otherwise, an edge between them would fail"]
    let ways = Dictionary(grouping: step.ways, by: \.needs)
      .map { needs, ways in (sites: ways.map(\.site.text).sorted(), needs: needs) }
      .sorted { $0.sites[0] < $1.sites[0] }
    lines += ways.map { sites, needs in
      let one =
        switch needs.count {
        case 0: "a back-end"
        case 1: text(needs)
        default: "one of \(text(needs))"
        }
      return "waits for \(one) to serve \(sites.shortList(most: most))"
    }
    return lines
  }

  /// The hosts with their goals: `app-1 … app-9 (release 3), edge-1, which this run does not change`.
  private func text(_ needs: [HostStep.Need]) -> String {
    // Neighbours with the same goal are listed together.
    needs.chunked(by: { $0.goal == $1.goal }).map { needs in
      let goal =
        switch needs.first?.goal {
        case .release(let number): " (release \(number))"
        case .removed: " (cleaned up)"
        case nil: ", which this run does not change"
        }
      return needs.map(\.host).listed(most: most, suffix: goal)
    }.shortList(most: most)
  }

  // MARK: - Effects

  private func lines(_ effects: StepEffects) -> [String] {
    let services =
      byPort(effects.services.new).map { "serves \($0) to front-ends on port \($1)" }
      + byPort(effects.services.gone).map { "no longer serves \($0) on port \($1)" }
    let routes =
      bySite(effects.routes.new).map { "sends requests for \($0) to \($1)" }
      + bySite(effects.routes.gone).map { "no longer sends requests for \($0) to \($1)" }
    let trusts =
      effects.trusts.new.map { "accepts certificates of \(name(ofCA: $0))" }
      + effects.trusts.gone.map { "no longer accepts certificates of \(name(ofCA: $0))" }
    return services + routes + trusts
  }

  /// The sites of each port.
  private func byPort(_ services: [StepEffects.Listening]) -> [(sites: String, port: Port)] {
    Dictionary(grouping: services, by: \.port).sorted { $0.key < $1.key }.map { port, services in
      (services.map(\.site.text).shortList(most: most), port)
    }
  }

  /// The sites that are sent to the same back-ends, with those.
  private func bySite(_ routes: [EdgeFacts.Route]) -> [(sites: String, ends: String)] {
    let ends = Dictionary(grouping: routes, by: \.site).mapValues { routes in
      text(routes.sorted { ($0.host, $0.port) < ($1.host, $1.port) })
    }
    return Dictionary(grouping: ends.keys.sorted(), by: { ends[$0] ?? "" })
      .sorted { $0.value[0] < $1.value[0] }
      .map { (sites: $0.value.map(\.text).shortList(most: most), ends: $0.key) }
  }

  /// Back-ends with their addresses; many are listed by name.
  private func text(_ ends: [EdgeFacts.Route]) -> String {
    guard ends.count > most else {
      return ends.map { "\($0.host) (\($0.address) port \($0.port))" }.joined(separator: ", ")
    }
    return ends.chunked(on: \.port)
      .map { port, ends in ends.map(\.host).listed(most: most, suffix: " (port \(port))") }
      .shortList(most: most)
  }

  func name(ofCA keyIdentifier: String) -> String {
    guard let ca = caGenerations.first(where: { $0.keyIdentifier == keyIdentifier }) else {
      return "the CA with the key \(keyIdentifier.prefix(8))…"
    }
    return "\"\(ca.commonName)\", which expires on \(ca.notAfter.date)"
  }
}

extension HostGroup {
  /// What a step leads to: `release 3`, or `releases 3 to 7` if the hosts have different ones.
  fileprivate func release(ofStep index: Int) -> String {
    let numbers = hosts.compactMap { $0.steps[index].goal.release }
    guard let least = numbers.min(), let most = numbers.max() else { return "deploy is removed" }
    let releases = least == most ? "release \(least)" : "releases \(least) to \(most)"
    return first.steps[index].action == .restore ? "back to \(releases)" : releases
  }
}

extension Action {
  fileprivate var color: Style.Color {
    switch self {
    case .create: .green
    case .remove, .blocked, .unreachable: .red
    case .change, .restore, .unchanged: .yellow
    }
  }
}

extension FileChange {
  /// What is known of the size of a change, in parentheses; empty if nothing is.
  fileprivate func size(_ file: PlannedFile?) -> String {
    if file?.isSecret == true { return " (secret)" }
    let text = (diff ?? "").split(separator: "\n").dropFirst(2)
    guard !text.isEmpty else { return "" }
    let (added, removed) = (
      text.count { $0.hasPrefix("+") }, text.count { $0.hasPrefix("-") }
    )
    return switch kind {
    case .create: " (\(added.counting("line")))"
    case .remove: " (\(removed.counting("line")))"
    case .change:
      " ("
        + [(added, "added"), (removed, "removed")].filter { $0.0 > 0 }
        .map { "\($0.0.counting("line")) \($0.1)" }.joined(separator: ", ") + ")"
    }
  }
}
