import Fleet
import Planning
import State

/// The output of `deploy plan --format json`, which docs/json.md describes. The version changes if
/// a field changes its meaning or is removed.
struct PlanDocument: Encodable {
  /// The CA generation that signs.
  struct CA: Encodable {
    var generation: Int
    var commonName: String
    var keyIdentifier: String
    var notAfter: Timestamp
  }

  /// One step of a host. A host that does not change has one too, without a stage.
  struct Step: Encodable {
    var host: HostName
    var address: String
    var roles: HostRoles
    var action: String
    var reasons: [String]
    /// 0 if the host has none or it is not known.
    var release: Int
    var stage: Int?
    var waitsFor: [Need]
    var waitsForOneOf: [Way]
    var reachability: [String]
    var serves: Change<StepEffects.Listening>
    var routes: Change<EdgeFacts.Route>
    var trusts: Change<String>
    var certificates: [Certificate]
    var files: [File]
  }

  /// A host that must have reached a release before a step; without a release, the run does not
  /// change it.
  struct Need: Encodable {
    var host: HostName
    var release: Int?
    /// Nil if requests pass through no other host.
    var through: [Need]?
  }

  /// The hosts of which one must be ready to serve a site before a step.
  struct Way: Encodable {
    var site: DomainName
    var hosts: [Need]
  }

  /// What a step adds to a list and removes from it.
  struct Change<Element: Encodable>: Encodable {
    var new: [Element] = []
    var gone: [Element] = []
  }

  /// A certificate that a step issues, and the one that it replaces.
  struct Certificate: Encodable {
    var path: String
    var purpose: String
    var commonName: String
    var names: [String]
    var key: String
    var days: Int64
    var issuer: String?
    var notAfter: Timestamp
    var reason: String
    var replaces: Replaced?
  }

  /// A certificate that is replaced.
  struct Replaced: Encodable {
    /// Empty if an earlier step of the same run issues it.
    var serial: String
    var issuer: String
    var issuerKeyIdentifier: String
    var commonName: String
    var names: [String]
    var key: String
    var notBefore: Timestamp
    var notAfter: Timestamp
  }

  /// A file that a step changes; the diff of a secret is empty.
  struct File: Encodable {
    var path: String
    var change: String
    var diff: String
  }

  /// A certificate that is ordered from an ACME server.
  struct Order: Encodable {
    var site: DomainName
    var account: String?
    var server: String
    var names: [String]
    var proof: String?
    var reason: String
    var waitsFor: [HostName]
  }

  /// A certificate that is due and cannot be ordered.
  struct BlockedOrder: Encodable {
    var site: DomainName
    var reason: String
  }

  /// A back-end that gets no requests.
  struct Drained: Encodable {
    var host: HostName
    var since: Timestamp
    var by: String
  }

  /// A site whose front-ends answer that it is in maintenance.
  struct Maintained: Encodable {
    var site: DomainName
    var since: Timestamp
    var by: String
    var allowed: [AddressRange]
    var retryAfter: Int64

    init(_ record: SiteMaintenance) {
      (site, since, by) = (record.site, record.since, record.by)
      (allowed, retryAfter) = (record.allowed, record.retryAfter)
    }
  }

  /// A stage of the plan, with the batches in which its hosts change.
  struct Stage: Encodable {
    var name: String
    var batches: [[HostName]]
  }

  let version = 3
  var fleet: String
  var lineage: String
  var serial: Int
  var madeAt: Timestamp
  var hasChanges: Bool
  var ca: CA?
  var warnings: [String]
  var revoked: [HostName]
  var drained: [Drained]
  var maintenance: [Maintained]
  var steps: [Step]
  var stages: [Stage]
  var orders: [Order]
  /// Nil if there is none, as in every plan but that of `deploy renew`.
  var blockedOrders: [BlockedOrder]?

  /// Lists the steps of all hosts, sorted by host; held and unchanged hosts have one entry.
  init(_ plan: Plan, caGenerations: [CAGeneration] = []) {
    fleet = plan.fleet
    lineage = plan.lineage
    serial = plan.serial
    madeAt = plan.madeAt
    hasChanges = plan.hasChanges
    let signing = caGenerations.signing
    ca = signing.map {
      CA(
        generation: $0.generation, commonName: $0.commonName, keyIdentifier: $0.keyIdentifier,
        notAfter: $0.notAfter)
    }
    warnings = plan.warnings
    revoked = plan.revoked
    drained = plan.drained.sorted { $0.key < $1.key }.map {
      Drained(host: $0.key, since: $0.value.since, by: $0.value.by)
    }
    maintenance = plan.maintenance.map { Maintained($0) }
    orders = plan.orders.map {
      Order(
        site: $0.site, account: $0.account.map { "\($0)" }, server: $0.server, names: $0.names,
        proof: $0.proofText, reason: $0.reason.text, waitsFor: $0.waits)
    }
    let blocked = plan.blockedOrders.sorted { $0.key < $1.key }
    blockedOrders =
      blocked.isEmpty ? nil : blocked.map { BlockedOrder(site: $0.key, reason: $0.value) }
    stages = plan.stages.map { Stage(name: $0.name, batches: $0.batches) }
    steps = plan.hosts.flatMap { host in
      switch host.outcome {
      case .unchanged(let present): [Step(host, .unchanged, release: present?.number)]
      case .held(let hold): [Step(host, hold.action, because: hold.reasons)]
      case .steps(let steps):
        zip(steps, host.effects).map { step, effects in
          Step(host, step, effects, madeAt: plan.madeAt, signedBy: signing)
        }
      }
    }
  }
}

extension PlanDocument.Step {
  /// The entry of a host that does not change.
  ///
  /// - Parameter release: the release that it has; nil if that is unknown.
  fileprivate init(
    _ host: HostPlan, _ action: Action, because reasons: [String] = [],
    release: ReleaseNumber? = nil
  ) {
    self.init(
      host: host.host, address: host.connection.address.description, roles: host.roles,
      action: action.rawValue, reasons: reasons, release: release.orZero, stage: nil, waitsFor: [],
      waitsForOneOf: [], reachability: [], serves: .init(), routes: .init(), trusts: .init(),
      certificates: [], files: [])
  }

  /// The entry of a step that changes the host.
  ///
  /// - Parameter signing: the CA generation that issues the step's certificates.
  fileprivate init(
    _ plan: HostPlan, _ step: HostStep, _ effects: StepEffects, madeAt: Timestamp,
    signedBy signing: CAGeneration?
  ) {
    host = plan.host
    address = plan.connection.address.description
    roles = plan.roles
    action = step.action.rawValue
    reasons = step.reasons
    release = step.goal.release.orZero
    stage = step.stage + 1
    waitsFor = step.needs.map(PlanDocument.Need.init)
    waitsForOneOf = step.ways.map {
      PlanDocument.Way(site: $0.site, hosts: $0.needs.map(PlanDocument.Need.init))
    }
    reachability = effects.reachability
    serves = .init(new: effects.services.new, gone: effects.services.gone)
    routes = .init(new: effects.routes.new, gone: effects.routes.gone)
    trusts = .init(new: effects.trusts.new, gone: effects.trusts.gone)
    certificates = step.certificates.map {
      PlanDocument.Certificate(
        path: $0.path, purpose: $0.purpose.rawValue, commonName: $0.commonName, names: $0.names,
        key: $0.key, days: $0.validFor / 86_400, issuer: signing?.commonName,
        notAfter: $0.end(from: madeAt, signedBy: signing), reason: $0.reason,
        replaces: $0.replaced.map(PlanDocument.Replaced.init))
    }
    files = step.changes.map {
      PlanDocument.File(path: $0.path, change: $0.kind.rawValue, diff: $0.diff ?? "")
    }
  }
}

extension PlanDocument.Replaced {
  fileprivate init(_ certificate: PresentCertificate) {
    let terms = certificate.terms
    self.init(
      serial: certificate.record?.serial ?? "", issuer: terms.issuer?.commonName ?? "",
      issuerKeyIdentifier: terms.issuer?.keyIdentifier ?? "", commonName: terms.commonName,
      names: terms.names, key: terms.key, notBefore: terms.notBefore, notAfter: terms.notAfter)
  }
}

extension PlanDocument.Need {
  fileprivate init(_ need: HostStep.Need) {
    self.init(
      host: need.host, release: need.goal?.release.orZero,
      through: need.through.isEmpty ? nil : need.through.map(Self.init))
  }
}
