import Fleet
import Planning
import State

/// A plan as JSON, which docs/json.md describes. The version changes if a field changes its meaning or is
/// removed.
struct PlanDocument: Encodable {
  struct CA: Encodable {
    var generation: Int
    var commonName: String
    var keyIdentifier: String
    var notAfter: Timestamp
  }

  struct Step: Encodable {
    var host: HostName
    var address: String
    var roles: HostRoles
    var action: String
    var reasons: [String]
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

  struct Need: Encodable {
    var host: HostName
    var release: Int?
    /// Nil if requests pass through no other host.
    var through: [Need]?
  }

  struct Way: Encodable {
    var site: DomainName
    var hosts: [Need]
  }

  struct Change<Element: Encodable>: Encodable {
    var new: [Element] = []
    var gone: [Element] = []
  }

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
    var replaces: CertificateRecord?
  }

  struct File: Encodable {
    var path: String
    var change: String
    var diff: String
  }

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
  var steps: [Step]
  var stages: [Stage]

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
    _ host: HostPlan, _ action: Action, because reasons: [String] = [], release: Int? = nil
  ) {
    self.init(
      host: host.host, address: host.connection.address.description, roles: host.roles,
      action: action.rawValue, reasons: reasons, release: release ?? 0, stage: nil, waitsFor: [],
      waitsForOneOf: [], reachability: [], serves: .init(), routes: .init(), trusts: .init(),
      certificates: [], files: [])
  }

  fileprivate init(
    _ plan: HostPlan, _ step: HostStep, _ effects: StepEffects, madeAt: Timestamp,
    signedBy signing: CAGeneration?
  ) {
    host = plan.host
    address = plan.connection.address.description
    roles = plan.roles
    action = step.action.rawValue
    reasons = step.reasons
    release = step.goal.number
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
        replaces: $0.replaced)
    }
    files = step.changes.map {
      PlanDocument.File(path: $0.path, change: $0.kind.rawValue, diff: $0.diff)
    }
  }
}

extension PlanDocument.Need {
  fileprivate init(_ need: HostStep.Need) {
    self.init(
      host: need.host, release: need.goal?.number,
      through: need.through.isEmpty ? nil : need.through.map(Self.init))
  }
}
