import Diagnostics
import Fleet
import Planning
import State

/// The part of a plan's text that says what changes on each host and why: one block for each host.
/// ``PlanView`` prints it.
struct HostBlocks {
  private let plan: Plan
  private let caGenerations: [CAGeneration]

  init(_ plan: Plan, caGenerations: [CAGeneration]) {
    self.plan = plan
    self.caGenerations = caGenerations
  }

  /// Adds the block of a host: a heading with roles and address, the reasons if the host is held,
  /// and its steps.
  func add(_ host: HostPlan, to page: inout Page) {
    let (color, steps) = (host.actions[0].color, host.steps)
    let about =
      switch host.outcome {
      case .unchanged: ""
      case .held(let hold): hold.action.rawValue
      case .steps: steps.count == 1 ? release(steps[0]) : "\(steps.count) steps"
      }
    let facts = [
      host.roles.names.joined(separator: " and "), host.connection.address.description, about,
    ]
    page.add(
      "\(host.actions[0].symbol) \(host.host) "
        + "(\(facts.filter { !$0.isEmpty }.joined(separator: ", ")))",
      color)
    add(reasons: host.hold?.reasons ?? [], to: &page)
    for (index, (step, effects)) in zip(steps, host.effects).enumerated() {
      if steps.count > 1 {
        let name =
          plan.stages.indices.contains(step.stage) ? ": \(plan.stages[step.stage].name)" : ""
        page.add(
          "\(index + 1). \(release(step)), in stage \(step.stage + 1)\(name)", indent: 2, color)
      }
      addStep(step, effects, to: &page)
    }
  }

  /// What the host has after a step.
  private func release(_ step: HostStep) -> String {
    switch step.kind {
    case .install(let installation): "release \(installation.release)"
    case .restore(let restored): "back to release \(restored.number)"
    case .remove: "deploy is removed"
    }
  }

  private func add(reasons: [String], to page: inout Page) {
    for reason in reasons { page.add("because \(reason)", indent: 4) }
  }

  /// Adds the lines of a step: reasons, hosts that it waits for, effects, certificates and files.
  private func addStep(_ step: HostStep, _ effects: StepEffects, to page: inout Page) {
    func add(_ text: String) { page.add(text, indent: 4) }
    self.add(reasons: step.reasons, to: &page)
    for line in waits(step) { add(line) }
    for line in effects.reachability { add("firewall: \(line)") }
    for line in lines(effects) { add(line) }
    for certificate in step.certificates { self.add(certificate, to: &page) }
    let listed = Set(step.certificates.flatMap { [$0.path, $0.keyPath] })
    let secrets = Set(step.files.filter(\.isSecret).map(\.path))
    for change in step.changes where !listed.contains(change.path) {
      let size = secrets.contains(change.path) ? " (secret)" : change.size
      add("\(change.kind.symbol) \(change.path)\(size)")
    }
  }

  // MARK: - Waiting

  /// The lines that name the hosts which must confirm their steps before this one.
  private func waits(_ step: HostStep) -> [String] {
    let needs = step.needs.map { need in
      switch need.goal {
      case .release(let number): "\(need.host) (release \(number))"
      case .removed: "\(need.host) (cleaned up)"
      case nil: "\(need.host), which this run does not change"
      }
    }
    var lines =
      needs.isEmpty
      ? [] : ["waits for \(needs.shortList()): otherwise, an edge between them would fail"]
    let ways = Dictionary(grouping: step.ways, by: \.needs)
      .map { needs, ways in (sites: ways.map(\.site.text).sorted(), needs: needs) }
      .sorted { $0.sites[0] < $1.sites[0] }
    lines += ways.map { sites, needs in
      let hosts = needs.map { need in
        need.host.text + (need.goal.map { " (release \($0.number))" } ?? "")
      }
      let one = hosts.count == 1 ? hosts[0] : "one of \(hosts.shortList())"
      return "waits for \(hosts.isEmpty ? "a back-end" : one) to serve \(sites.shortList())"
    }
    return lines
  }

  // MARK: - Effects

  /// What the step changes for connections: sites that the host serves, back-ends that it sends
  /// requests to, and CAs that it accepts.
  private func lines(_ effects: StepEffects) -> [String] {
    let services =
      effects.services.new.map { "serves \($0.site) to front-ends on port \($0.port)" }
      + effects.services.gone.map { "no longer serves \($0.site) on port \($0.port)" }
    let routes =
      bySite(effects.routes.new).map { "sends requests for \($0) to \($1.shortList())" }
      + bySite(effects.routes.gone).map {
        "no longer sends requests for \($0) to \($1.shortList())"
      }
    let trusts =
      effects.trusts.new.map { "accepts certificates of \(name(ofCA: $0))" }
      + effects.trusts.gone.map { "no longer accepts certificates of \(name(ofCA: $0))" }
    return services + routes + trusts
  }

  /// The back-ends to which a front-end sends requests, for each site.
  private func bySite(_ routes: [EdgeFacts.Route]) -> [(site: DomainName, ends: [String])] {
    Dictionary(grouping: routes, by: \.site).sorted { $0.key < $1.key }.map { site, routes in
      (site, routes.map { "\($0.host) (\($0.address) port \($0.port))" })
    }
  }

  /// A CA by its common name; by the beginning of its key identifier if the fleet does not know it.
  private func name(ofCA keyIdentifier: String) -> String {
    guard let ca = caGenerations.first(where: { $0.keyIdentifier == keyIdentifier }) else {
      return "the CA with the key \(keyIdentifier.prefix(8))…"
    }
    return "\"\(ca.commonName)\", which expires on \(ca.notAfter.date)"
  }

  // MARK: - Certificates

  /// Adds a certificate that the step issues: its names, issuer, expiry and the reason.
  private func add(_ certificate: PlannedCertificate, to page: inout Page) {
    let use = certificate.purpose == .server ? "as a server" : "as a client of back-ends"
    page.add("certificate \(certificate.path), \(use), \(certificate.key)", indent: 4)
    let signing = caGenerations.signing
    var fields = [("names", certificate.names.joined(separator: ", "))]
    if let signing {
      fields.append(
        ("issuer", "\"\(signing.commonName)\", which expires on \(signing.notAfter.date)"))
    }
    let end = certificate.end(from: plan.madeAt, signedBy: signing)
    fields.append(("expiry", "\(end.date), in \(plan.madeAt.days(until: end)) days"))
    fields.append(("why", certificate.reason))
    if let old = certificate.replaced {
      fields.append(
        (
          "replaces",
          "\(old.shortSerial) of \"\(old.issuer)\", which expires on \(old.notAfter.date)"
        ))
    }
    for (name, value) in fields {
      let padding = String(repeating: " ", count: max(0, 9 - name.count))
      page.add("\(name)\(padding)\(value)", indent: 8, hanging: 9)
    }
  }
}

extension Action {
  /// Green for what is created, red for what is removed or cannot be changed, yellow for the rest.
  fileprivate var color: Style.Color {
    switch self {
    case .create: .green
    case .remove, .blocked, .unreachable: .red
    case .change, .restore, .unchanged: .yellow
    }
  }
}

extension FileChange {
  /// The number of changed lines, in parentheses; empty if that is unknown.
  fileprivate var size: String {
    let text = diff.split(separator: "\n").dropFirst(2)
    guard !text.isEmpty else { return "" }
    let (added, removed) = (
      text.count { $0.hasPrefix("+") }, text.count { $0.hasPrefix("-") }
    )
    func lines(_ count: Int) -> String { "\(count) \(count == 1 ? "line" : "lines")" }
    return switch kind {
    case .create: " (\(lines(added)))"
    case .remove: " (\(lines(removed)))"
    case .change:
      " ("
        + [(added, "added"), (removed, "removed")].filter { $0.0 > 0 }
        .map { "\(lines($0)) \($1)" }.joined(separator: ", ") + ")"
    }
  }
}
