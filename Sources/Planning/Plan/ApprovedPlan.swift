package import Fleet
import Nginx
package import Playbooks
package import State

/// The content of a saved plan: enough to check that a plan made later does the same as the approved one,
/// but nothing that could be carried out. Made by `deploy plan --out`, compared by `deploy apply`.
///
/// It contains no command, no file of the controller, no connection and no text of a file. Editing it can
/// only cause a plan to be refused.
package struct ApprovedPlan: Hashable, Sendable, Codable {
  package var fleet: String
  package var lineage: String
  /// The serial of the state that the plan was made from.
  package var serial: Int
  /// When the plan was made; the plan to compare with is made as of the same time.
  package var madeAt: Timestamp
  /// The selected hosts as given to `--limit`; nil for all.
  package var limit: String?
  /// The fingerprints of the CA's generations, oldest first.
  package var caGenerations: [String]
  package var playbook: String
  /// The rollout settings of playbook and inventory, by their keys.
  package var rollout: [String: String]
  package var hosts: [HostName: Host]
  /// What is ordered for sites, by domain; nil if nothing is.
  package var orders: [String: String]?

  /// What was planned for one host.
  package struct Host: Hashable, Sendable, Codable {
    /// The condition of the host; nil if it could not be reached.
    package var condition: HostCondition?
    /// The steps that change it, each by its parts; empty if nothing was to change.
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
    let orders = plan.orders.map { ($0.site.text, $0.content) }
    self.orders = orders.isEmpty ? nil : Dictionary(uniqueKeysWithValues: orders)
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
    // Only if there are any: earlier versions saved plans without them.
    if !plan.hooks.beforeRun.isEmpty {
      rollout["hooks.before_run"] = commands(plan.hooks.beforeRun)
    }
    if !plan.hooks.afterRun.isEmpty { rollout["hooks.after_run"] = commands(plan.hooks.afterRun) }
    return rollout
  }
}

extension PlannedStep {
  /// Everything that the step does, by the names that messages use for a difference.
  ///
  /// Left out are reasons, which are for readers; diffs, which follow from the files; and the bytes of
  /// revocation lists, which are signed again for every plan: `refuses` has their content.
  fileprivate func parts(_ digest: (String) -> String) -> [String: String] {
    var parts = step.parts(digest)
    parts["reached at"] = connection.reachedAt
    parts["roles"] = roles.names.joined(separator: " ")
    return parts
  }
}

extension HostStep {
  fileprivate func parts(_ digest: (String) -> String) -> [String: String] {
    var parts = [
      "action": action.rawValue, "release": "\(goal.release.orZero)",
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

extension CertificateOrder {
  /// What is ordered where, with which key and profile, and how it is proven.
  var content: String {
    let way =
      switch proof {
      case .http(let hosts): "http \(hosts.joined(separator: " "))"
      case .dns: "dns"
      case .none: "command"
      }
    return "\(server) \(account.map { "\($0)" } ?? "-") \(names.joined(separator: " ")) by \(way)"
      + " \(key?.rawValue ?? "-") \(profile ?? "-")"
  }
}

extension HostStep.Need {
  fileprivate var text: String {
    let own = "\(host):\(goal.map { "\($0.release.orZero)" } ?? "-")"
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
    case .local(_, let record), .orderedKey(_, let record): return "\(mode) \(record.digest)"
    case .text where isRevocationLists: return "\(mode) signed"
    case .text(let text): return "\(mode) \(digest(text))"
    }
  }
}
