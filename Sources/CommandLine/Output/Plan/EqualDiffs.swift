import Fleet
import Planning

/// A difference of a changed file, with all hosts that have it.
struct EqualDiffs {
  /// A unified diff: that of the first host.
  let text: String
  private(set) var hosts: [HostName]
  /// Whether the diffs differ in what each host is called.
  private let namesItsHost: Bool

  /// What the heading says besides the hosts.
  var remark: String {
    namesItsHost && hosts.count > 1 ? ", on each with its own name (this is \(hosts[0]))" : ""
  }

  /// The diffs of a plan in the order of its steps. New and removed files, and firewalls, are described in the
  /// blocks of the hosts.
  static func all(of plan: Plan) -> [EqualDiffs] {
    var positions: [OwnText: Int] = [:]
    var diffs: [EqualDiffs] = []
    for host in plan.hosts {
      for change in host.steps.flatMap(\.changes)
      where change.kind == .change && !change.isOfFirewall {
        // Once: a diff is made when it is read.
        guard let diff = change.diff, !diff.isEmpty else { continue }
        let text = OwnText(diff, without: host.ownNames)
        let position = positions[text] ?? diffs.count
        if position == diffs.count {
          positions[text] = position
          diffs.append(
            EqualDiffs(text: diff, hosts: [], namesItsHost: text.namesItsHost))
        }
        if diffs[position].hosts.last != host.host { diffs[position].hosts.append(host.host) }
      }
    }
    return diffs
  }
}
