import Diagnostics
import Fleet
import Planning
import State

/// What happens on each host, and why, a block of lines for each.
struct HostBlocks {
  typealias Entry = (step: HostStep, effects: StepEffects)

  private let plan: Plan
  private let authorities: [AuthorityRecord]
  /// The steps of each host.
  let all: [[Entry]]

  init(_ plan: Plan, authorities: [AuthorityRecord]) {
    self.plan = plan
    self.authorities = authorities
    var all: [[Entry]] = []
    for entry in zip(plan.steps, plan.effects) {
      if all.last?[0].step.host == entry.0.host {
        all[all.count - 1].append(entry)
      } else {
        all.append([entry])
      }
    }
    self.all = all
  }

  func add(_ entries: [Entry], to page: inout Page) {
    let step = entries[0].step
    let color: Style.Color =
      switch step.action {
      case .create: .green
      case .remove, .blocked, .unreachable: .red
      case .change, .restore, .unchanged: .yellow
      }
    let facts = [step.roles.joined(separator: " and "), step.connection.address.description]
    let about = entries.count == 1 ? release(step) : "\(entries.count) steps"
    page.add(
      "\(step.action.symbol) \(step.host) "
        + "(\((facts + [about]).filter { !$0.isEmpty }.joined(separator: ", ")))",
      color)
    for (index, entry) in entries.enumerated() {
      if entries.count > 1 {
        let name =
          plan.stages.indices.contains(entry.step.stage)
          ? ": \(plan.stages[entry.step.stage].name)" : ""
        page.add(
          "\(index + 1). \(release(entry.step)), in stage \(entry.step.stage + 1)\(name)",
          indent: 2, color)
      }
      addStep(entry.step, entry.effects, to: &page)
    }
  }

  private func release(_ step: HostStep) -> String {
    switch step.action {
    case .create, .change: "release \(step.release)"
    case .restore: "back to release \(step.release)"
    case .remove: "deploy leaves it"
    case .blocked: "blocked"
    case .unreachable: "unreachable"
    case .unchanged: ""
    }
  }

  private func addStep(_ step: HostStep, _ effects: StepEffects, to page: inout Page) {
    func add(_ text: String) { page.add(text, indent: 4) }
    for reason in step.reasons { add("because \(reason)") }
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

  // MARK: - What waits for what

  private func waits(_ step: HostStep) -> [String] {
    let needs = step.needs.map { need in
      need.release.map { $0 == 0 ? "\(need.host) (cleaned)" : "\(need.host) (release \($0))" }
        ?? "\(need.host), which this run does not change"
    }
    var lines =
      needs.isEmpty
      ? [] : ["waits for \(needs.shortList()): an edge between them would break before"]
    let ways = Dictionary(grouping: step.ways, by: \.needs)
      .map { needs, ways in (sites: ways.map(\.site.text).sorted(), needs: needs) }
      .sorted { $0.sites[0] < $1.sites[0] }
    lines += ways.map { sites, needs in
      let hosts = needs.map { need in
        need.host + (need.release.map { " (release \($0))" } ?? "")
      }
      let one = hosts.count == 1 ? hosts[0] : "one of \(hosts.shortList())"
      return "waits for \(hosts.isEmpty ? "a back-end" : one) to serve \(sites.shortList())"
    }
    return lines
  }

  // MARK: - What it is for

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
      effects.trusts.new.map { "accepts certificates of \(name(ofAuthority: $0))" }
      + effects.trusts.gone.map { "no longer accepts certificates of \(name(ofAuthority: $0))" }
    return services + routes + trusts
  }

  private func bySite(_ routes: [EdgeFacts.Route]) -> [(site: DomainName, ends: [String])] {
    Dictionary(grouping: routes, by: \.site).sorted { $0.key < $1.key }.map { site, routes in
      (site, routes.map { "\($0.host) (\($0.address) port \($0.port))" })
    }
  }

  private func name(ofAuthority keyIdentifier: String) -> String {
    guard let authority = authorities.first(where: { $0.keyIdentifier == keyIdentifier }) else {
      return "the authority with the key \(keyIdentifier.prefix(8))…"
    }
    return "\"\(authority.commonName)\", which ends on \(authority.notAfter.date)"
  }

  // MARK: - Certificates

  private func add(_ certificate: PlannedCertificate, to page: inout Page) {
    let use = certificate.purpose == .server ? "shown as a server" : "shown to back-ends"
    page.add("certificate \(certificate.path), \(use), \(certificate.key)", indent: 4)
    let signing = authorities.signing
    var fields = [("names", certificate.names.joined(separator: ", "))]
    if let signing {
      fields.append(("issuer", "\"\(signing.commonName)\", which ends on \(signing.notAfter.date)"))
    }
    let end = certificate.end(from: plan.madeAt, signedBy: signing)
    fields.append(("expiry", "\(end.date), in \(plan.madeAt.days(until: end)) days"))
    fields.append(("why", certificate.reason))
    if let old = certificate.replaced {
      fields.append(
        (
          "instead",
          "\(old.shortSerial) of \"\(old.issuer)\", which ends on \(old.notAfter.date)"
        ))
    }
    for (name, value) in fields {
      let padding = String(repeating: " ", count: max(0, 9 - name.count))
      page.add("\(name)\(padding)\(value)", indent: 8, hanging: 9)
    }
  }
}

extension FileChange {
  /// How much of the file differs, in brackets; empty where that is not known.
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
