import Fleet
import Inventories
package import Schema

extension Playbook {
  /// Every key of a playbook.
  package static let keys = MappingShape(PlaybookField.self)
}

/// The keys at the top level of a playbook.
enum PlaybookField: String, KeyTable {
  case name, rollout, hooks, procedure

  static let owner = "a playbook"

  var about: KeyDescription {
    switch self {
    case .name:
      KeyDescription(
        .text(
          TextShape(
            noun: "a playbook name", rule: "1 to 63 lower-case letters, digits and inner hyphens",
            form: "1 to 63 lower-case letters, digits, inner hyphens", example: "careful")),
        .required, "The name of the playbook.")
    case .rollout:
      KeyDescription(
        .mapping(MappingShape(RolloutField.self)), .otherwise("the defaults of its keys"),
        "The batches in which hosts change, and what happens after a failure.")
    case .hooks:
      KeyDescription(
        .mapping(MappingShape(HookField.self)), .otherwise("none"),
        "Commands on the controller before and after a run, and before and after a host changes.")
    case .procedure:
      KeyDescription(
        .either([
          .choice(of: Procedure.Name.self), .mapping(MappingShape(ProcedureField.self)),
          .mapping(MappingShape(CAProcedureField.self)),
          .mapping(MappingShape(DecommissionField.self)),
        ]), .otherwise("none"),
        "What the run is for, if it is more than bringing the fleet to the inventory.")
    }
  }

  private typealias Procedure = Playbook.Procedure
}

/// The keys of `rollout`.
enum RolloutField: String, KeyTable {
  case canary, batch
  case maxFailures = "max_failures"
  case pause
  case confirmWithin = "confirm_within"
  case onFailure = "on_failure"
  case verify

  static let owner = "the rollout"

  var about: KeyDescription {
    let usual = Playbook.Rollout()
    return switch self {
    case .canary:
      KeyDescription(
        .integer(0...Int.max), .usual("\(usual.canary)"),
        "The number of hosts that go first, in a batch of their own.")
    case .batch:
      KeyDescription(
        .either([
          .integer(1...Int.max),
          .text(
            TextShape(
              noun: "a batch", rule: "a number of hosts, at least 1, or a percentage, 1% to 100%",
              form: "`1%` to `100%`", pattern: "^[0-9]+%?$", example: "50%")),
        ]), .usual("100%"),
        "How many hosts change at the same time: a number, or a part of the hosts of the run, rounded up."
      )
    case .maxFailures:
      KeyDescription(
        .integer(0...Int.max), .usual("\(usual.maxFailures)"),
        "If the change fails on more hosts, the run stops. A host that is down, full or busy does not count."
      )
    case .pause: KeyDescription(.period, .usual("\(usual.pause)"), "Between two batches.")
    case .confirmWithin:
      KeyDescription(
        .text(
          TextShape(
            noun: "a confirmation time", rule: "a period of 5s to 10m, such as 30s",
            form: "`5s` to `10m`", pattern: "^[0-9]+[smhdy]$")),
        .usual("\(usual.confirmWithin)"),
        "A host that is not confirmed over a new connection within this time rolls back automatically."
      )
    case .onFailure:
      KeyDescription(
        .choice(of: Playbook.Rollout.OnFailure.self), .usual(usual.onFailure.rawValue),
        "`revert`: a host that fails rolls back, and the others keep the new release. `revert_all`: if the run stops,"
          + " every host that it changed rolls back, the last ones first.")
    case .verify:
      KeyDescription(
        .choice(of: Playbook.Rollout.Verification.self), .usual(usual.verification.rawValue),
        "What is verified of a batch before the next one. `reload`: nginx on each host serves the new release."
          + " `edges`: in addition, each edge of the batch works, from the front-end's own address; if one does not,"
          + " the batch rolls back.")
    }
  }
}

/// The keys of `hooks`.
enum HookField: String, KeyTable {
  case beforeRun = "before_run"
  case afterRun = "after_run"
  case beforeHost = "before_host"
  case afterHost = "after_host"
  case timeout

  static let owner = "the hooks"

  var about: KeyDescription {
    switch self {
    case .beforeRun:
      KeyDescription(
        Self.commands, .otherwise("none"), "Before the run, when the plan is approved.")
    case .afterRun: KeyDescription(Self.commands, .otherwise("none"), "After the run.")
    case .beforeHost:
      KeyDescription(Self.commands, .otherwise("none"), "Before each host's transaction.")
    case .afterHost:
      KeyDescription(Self.commands, .otherwise("none"), "After each host's transaction.")
    case .timeout:
      KeyDescription(
        .text(
          TextShape(
            noun: "a time for a hook", rule: "a period of 1s to 1h, such as 60s",
            form: "`1s` to `1h`", pattern: "^[0-9]+[smhdy]$")),
        .usual("60s"), "A command that takes longer is ended, and has failed.")
    }
  }

  private static let commands = Shape.list(
    .either([
      .text(
        TextShape(
          noun: "a command",
          rule: "a line for /bin/sh, not empty and without the character NUL",
          form: "a line for `/bin/sh`", example: "./announce")),
      .list(
        .text(
          TextShape(
            noun: "a word of a command", rule: "any text without the character NUL",
            form: "a program or an argument")), atLeast: 1),
    ]))
}

/// The keys of `procedure` for a procedure without options.
enum ProcedureField: String, KeyTable {
  case name

  static let owner = "the procedure"

  var about: KeyDescription {
    KeyDescription(
      .choice([Playbook.Procedure.Name.rotateCertificates.rawValue]), .required,
      "`deploy rotate certificates`: hosts get new keys and certificates.")
  }
}

/// The keys of `procedure: {name: rotate-ca}`.
enum CAProcedureField: String, KeyTable {
  case name, key

  static let owner = "the procedure"

  var about: KeyDescription {
    switch self {
    case .name:
      KeyDescription(
        .choice([Playbook.Procedure.Name.rotateCA.rawValue]), .required,
        "`deploy rotate ca`: a new CA generation replaces the current one.")
    case .key:
      KeyDescription(
        .choice(of: Playbook.KeyFate.self), .usual(Playbook.KeyFate.archive.rawValue),
        "With `rotate-ca`: the old key stays encrypted in the archive of the CA's folder, or is overwritten and"
          + " removed.")
    }
  }
}

/// The keys of `procedure: {name: decommission}`.
enum DecommissionField: String, KeyTable {
  case name, certificates

  static let owner = "the procedure"

  var about: KeyDescription {
    switch self {
    case .name:
      KeyDescription(
        .choice([Playbook.Procedure.Name.decommission.rawValue]), .required,
        "`deploy apply`: hosts that are no longer declared leave the fleet.")
    case .certificates:
      KeyDescription(
        .choice(of: Playbook.CertificateFate.self),
        .usual(Playbook.CertificateFate.forget.rawValue),
        "With `decommission`. `forget`: the keys are removed with the files. `revoke`: every host gets a revocation"
          + " list that refuses their certificates, in case of a copy.")
    }
  }
}
