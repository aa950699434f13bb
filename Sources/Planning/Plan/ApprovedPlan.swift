package import Fleet
import Nginx
package import Playbooks
package import State

/// What somebody approved when a plan was saved: enough to find out whether a plan made now does the same,
/// and nothing that could be carried out.
///
/// It names no command, no file of the controller and no way to connect, and it holds no text of a file.
/// Whoever edits it can have a plan refused, and nothing else.
package struct ApprovedPlan: Hashable, Sendable, Codable {
  package var fleet: String
  package var lineage: String
  /// The serial of the state that the plan was made from.
  package var serial: Int
  /// When: the plan to compare with is made as of then.
  package var madeAt: Timestamp
  /// The hosts that were selected, as `--limit` has them; nil for all.
  package var limit: String?
  /// The fingerprints of the CA's generations, oldest first.
  package var caGenerations: [String]
  package var playbook: String
  /// What playbook and inventory say of how a plan is rolled out, by their keys.
  package var rollout: [String: String]
  package var hosts: [HostName: Host]

  /// What was to happen on one host.
  package struct Host: Hashable, Sendable, Codable {
    /// What the host was; nil if it could not be asked.
    package var condition: HostCondition?
    /// The steps that change it, each by its parts; none if nothing was to change.
    package var steps: [[String: String]]
  }

  /// - Parameter digest: SHA-256 in lower-case hex.
  package init(
    _ plan: Plan, limit: String?, caGenerations: [CAGeneration], playbook: Playbook,
    _ survey: Survey, digest: (String) -> String
  ) {
    fleet = plan.fleet
    lineage = plan.lineage
    serial = plan.serial
    madeAt = plan.madeAt
    self.limit = limit
    self.caGenerations = caGenerations.map(\.fingerprint)
    self.playbook = playbook.name
    rollout = Self.rollout(plan, playbook, digest)
    hosts = Dictionary(
      uniqueKeysWithValues: plan.hosts.map { host in
        var condition: HostCondition?
        if case .observed(let observation) = survey[host.host] {
          condition = HostCondition(observation)
        }
        return (
          host.host, Host(condition: condition, steps: host.plannedSteps.map { $0.parts(digest) })
        )
      })
  }

  private static func rollout(
    _ plan: Plan, _ playbook: Playbook, _ digest: (String) -> String
  ) -> [String: String] {
    let batch =
      switch playbook.rollout.batch {
      case .count(let count): "\(count)"
      case .percent(let percent): "\(percent)%"
      }
    func commands(_ commands: [[String]]) -> String {
      digest(
        commands.map { "\($0.count)\n" + $0.map { "\($0.utf8.count) \($0)\n" }.joined() }.joined())
    }
    let procedure: String? =
      switch playbook.procedure {
      case nil: nil
      case .decommission(let fate): "decommission \(fate.rawValue)"
      case .rotateCertificates: "rotate-certificates"
      case .rotateCA(let fate): "rotate-ca \(fate.rawValue)"
      }
    var rollout = [
      "canary": "\(playbook.rollout.canary)", "batch": batch,
      "max_failures": "\(plan.maxFailures)", "pause": "\(plan.pause)",
      "confirm_within": "\(plan.confirmWithin)",
      "on_failure": playbook.rollout.onFailure.rawValue,
      "verify": playbook.rollout.verification.rawValue, "keep_releases": "\(plan.keepReleases)",
      "hooks.before_host": commands(plan.hooks.beforeHost),
      "hooks.after_host": commands(plan.hooks.afterHost),
      "hooks.timeout": "\(plan.hooks.timeout)",
    ]
    rollout["procedure"] = procedure
    return rollout
  }
}

extension PlannedStep {
  /// All that the step does, by the names by which a difference is told.
  ///
  /// Not in it: reasons, which are for readers; diffs, which follow from the files and from what the host
  /// was; and the bytes of revocation lists, which are signed again whenever a plan is made: `refuses` has
  /// what is in them.
  fileprivate func parts(_ digest: (String) -> String) -> [String: String] {
    var parts = step.parts(digest)
    parts["reached at"] = "\(connection.address)"
    parts["roles"] = roles.names.joined(separator: " ")
    return parts
  }
}

extension HostStep {
  fileprivate func parts(_ digest: (String) -> String) -> [String: String] {
    var parts = [
      "action": action.rawValue, "release": "\(goal.number)",
      "new ports": ports.map(\.description).joined(separator: " "),
      "waits for": needs.map(\.text).sorted().joined(separator: " "),
      "waits for one of": ways.map { way in
        "\(way.site): " + way.needs.map(\.text).sorted().joined(separator: " ")
      }.sorted().joined(separator: "; "),
    ]
    for (kind, lines) in facts.linesByKind { parts[kind] = lines.joined(separator: "\n") }
    for file in files { parts[file.path] = file.content(digest) }
    for certificate in certificates {
      parts["certificate \(certificate.path)"] =
        "\(certificate.purpose.rawValue) \(certificate.commonName)"
        + " \(certificate.names.joined(separator: ",")) \(certificate.key)"
        + " \(certificate.validFor) \(certificate.keyPath)"
    }
    return parts
  }
}

extension HostStep.Need {
  fileprivate var text: String {
    let own = "\(host):\((goal?.number).map(String.init) ?? "-")"
    return through.isEmpty
      ? own : "\(own)(\(through.map(\.text).sorted().joined(separator: " ")))"
  }
}

extension PlannedFile {
  private var isRevocationLists: Bool { path == ReleasePath.revocationLists.relative }

  fileprivate func content(_ digest: (String) -> String) -> String {
    let mode = isSecret ? "0600" : "0644"
    switch source {
    case .present: return "\(mode) kept"
    case .certificate, .key: return "\(mode) issued"
    case .local(_, let record): return "\(mode) \(record.digest)"
    case .text where isRevocationLists: return "\(mode) signed"
    case .text(let text): return "\(mode) \(digest(text))"
    }
  }
}
