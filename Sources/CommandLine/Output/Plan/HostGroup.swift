import Fleet
import Planning
import State

/// Hosts for which a plan says the same, but for their own names, addresses, serials and release numbers.
struct HostGroup {
  /// In the order of the plan; never empty.
  let hosts: [HostPlan]

  var first: HostPlan { hosts[0] }
  var names: [HostName] { hosts.map(\.host) }
  var isSingle: Bool { hosts.count == 1 }

  /// The hosts of a plan that change or are held, each in one group, in the order of the groups' first hosts.
  ///
  /// - Parameter eachAlone: whether every host is a group of its own.
  static func all(of plan: Plan, eachAlone: Bool = false) -> [HostGroup] {
    let shown = plan.hosts.filter { !$0.isUnchanged }
    guard !eachAlone else { return shown.map { HostGroup(hosts: [$0]) } }
    var positions: [HostLikeness: Int] = [:]
    var groups: [[HostPlan]] = []
    for host in shown {
      let likeness = HostLikeness(host)
      if let position = positions[likeness] {
        groups[position].append(host)
      } else {
        positions[likeness] = groups.count
        groups.append([host])
      }
    }
    return groups.map(HostGroup.init)
  }

  private init(hosts: [HostPlan]) { self.hosts = hosts }
}

/// Everything that a plan says about a host, without what only this host is called. Hosts with equal values are
/// shown together, so whatever a reviewer has to see is part of it.
struct HostLikeness: Hashable {
  private let roles: HostRoles
  private let hold: HostPlan.Hold?
  private let steps: [Step]

  init(_ host: HostPlan) {
    roles = host.roles
    hold = host.hold
    let (own, steps) = (host.ownNames, host.steps)
    self.steps = steps.enumerated().map { index, step in
      Step(step, after: index == 0 ? step.present?.facts : steps[index - 1].facts, own)
    }
  }

  private struct Step: Hashable {
    let action: Action
    let reasons: [String]
    let stage: Int
    let needs: [HostStep.Need]
    let ways: [HostStep.Way]
    /// The facts of the release before; nil if there is none.
    let before: EdgeFacts?
    let after: EdgeFacts
    let certificates: [Certificate]
    let changes: [Change]

    init(_ step: HostStep, after before: EdgeFacts?, _ own: [String]) {
      (action, reasons, stage) = (step.action, step.reasons, step.stage)
      (needs, ways) = (step.needs, step.ways)
      self.before = before?.withoutAddress
      after = step.facts.withoutAddress
      certificates = step.certificates.map { Certificate($0, own) }
      let files = Dictionary(step.files.map { ($0.path, $0) }) { first, _ in first }
      changes = step.changes.map { Change($0, files[$0.path], own) }
    }
  }

  private struct Certificate: Hashable {
    let certificate: PlannedCertificate
    let replacedIssuer: PresentCertificate.Issuer?

    init(_ planned: PlannedCertificate, _ own: [String]) {
      var certificate = planned
      // The text of a plan has the names and not the common name, which is the host's name or one of them.
      certificate.commonName = own.contains(planned.commonName) ? "" : planned.commonName
      certificate.names = planned.names.map { own.contains($0) ? "" : $0 }.sorted()
      replacedIssuer = planned.replaced?.terms.issuer
      certificate.replaced = nil
      self.certificate = certificate
    }
  }

  private struct Change: Hashable {
    let path: String
    let kind: FileChange.Kind
    let isSecret: Bool?
    let content: Content

    enum Content: Hashable {
      case text(OwnText)
      case source(PlannedFile.Source?)
    }

    init(_ change: FileChange, _ file: PlannedFile?, _ own: [String]) {
      (path, kind, isSecret) = (change.path, change.kind, file?.isSecret)
      content =
        if let diff = change.kind == .create ? nil : change.diff {
          .text(OwnText(diff, without: own))
        } else if case .text(let text) = file?.source {
          .text(OwnText(text, without: own))
        } else {
          .source(file?.source)
        }
    }
  }
}

extension HostPlan {
  /// What only this host is called.
  var ownNames: [String] {
    let facts = steps.flatMap { [$0.facts, $0.present?.facts].compactMap(\.self) }
    let others = Set(
      facts.flatMap { $0.otherAddresses + $0.routes.compactMap(\.source) }.map(\.description))
    let own = [host.text, connection.address.description]
    return own + others.subtracting(own).sorted()
  }
}

extension EdgeFacts {
  /// The facts without the host's own addresses.
  fileprivate var withoutAddress: EdgeFacts {
    var facts = self
    facts.address = nil
    facts.otherAddresses = []
    for index in facts.routes.indices { facts.routes[index].source = nil }
    return facts
  }
}
