import Planning
import State

/// A plan as JSON; the version changes when a field changes its meaning or goes.
struct PlanDocument: Encodable {
  struct Step: Encodable {
    var host: String
    var address: String
    var roles: [String]
    var action: String
    var reasons: [String]
    var release: Int
    var certificates: [Certificate]
    var files: [File]
  }

  struct Certificate: Encodable {
    var path: String
    var purpose: String
    var names: [String]
    var key: String
    var days: Int64
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
    var batches: [[String]]
  }

  let version = 1
  var fleet: String
  var lineage: String
  var serial: Int
  var madeAt: Timestamp
  var hasChanges: Bool
  var warnings: [String]
  var steps: [Step]
  var stages: [Stage]

  init(_ plan: Plan) {
    fleet = plan.fleet
    lineage = plan.lineage
    serial = plan.serial
    madeAt = plan.madeAt
    hasChanges = plan.hasChanges
    warnings = plan.warnings
    stages = plan.stages.map { Stage(name: $0.name, batches: $0.batches) }
    steps = plan.steps.map { step in
      Step(
        host: step.host, address: step.connection.address, roles: step.roles,
        action: step.action.rawValue, reasons: step.reasons, release: step.release,
        certificates: step.certificates.map {
          Certificate(
            path: $0.path, purpose: $0.purpose.rawValue, names: $0.names, key: $0.key,
            days: $0.validFor / 86_400, reason: $0.reason, replaces: $0.replaced)
        },
        files: step.changes.map {
          File(path: $0.path, change: $0.kind.rawValue, diff: $0.diff)
        })
    }
  }
}
