internal import Diagnostics
import Fleet
internal import YAML

/// The hosts that `front_ends:` and `back_ends:` declare, while the inventory is read.
struct DeclaredHosts {
  /// Valid names, in the order written.
  private(set) var names: [Role: [HostName]] = [:]
  /// Every key as written: a reference to a host with a mistake is not reported as a second
  /// mistake.
  private var keys: [Role: Set<String>] = [:]
  /// Without containers until they are separated.
  var hosts: [HostName: Placed<Host>] = [:]
  /// The containers of back-ends, and the hosts made from them.
  private(set) var containers: [HostName: Placed<(container: Container, host: Host)>] = [:]

  /// Reads the hosts of one role, from `front_ends:` or `back_ends:`.
  ///
  /// - Parameter defaults: the `ssh` settings of the inventory, which a host may override.
  mutating func read(
    _ node: Node, as role: Role, defaults: SSHSettings, _ found: inout DiagnosticCollector
  ) {
    for entry in node.entries(&found) ?? [] {
      keys[role, default: []].insert(entry.key)
      let name = entry.name(HostName.self, &found)
      let host = host(entry, named: name?.value, role, defaults, &found)
      if let name { names[role, default: []].append(name.value) }
      if let host { add(host, &found) }
    }
  }

  /// Reads one host below `front_ends` or `back_ends`; nil if it has no usable address.
  ///
  /// - Parameter defaults: the SSH settings of the inventory, which the host may override.
  private mutating func host(
    _ entry: Node.Entry, named name: HostName?, _ role: Role, _ defaults: SSHSettings,
    _ found: inout DiagnosticCollector
  ) -> Placed<Host>? {
    guard
      let fields = Fields<HostField>(entry.value, of: "a \(role.rawValue)", at: entry.place, &found)
    else { return nil }
    let ssh = fields[.ssh].map { SSHSettings.read($0, over: defaults, &found) } ?? defaults
    let labels = fields[.labels].map { Self.labels($0, &found) } ?? [:]
    guard let declared = DeclaredAddresses(fields, of: name, &found), let name else { return nil }
    var host = Host(
      name: name, roles: [role], address: declared.address.first, labels: labels, ssh: ssh,
      place: entry.place)
    host.secondAddress = declared.address.second
    host.otherAddresses = declared.others
    ssh.checkJumps(
      to: name, at: host.allAddresses, place: fields.entry(.ssh)?.place ?? entry.place, &found)
    if let entry = fields.entry(.container) {
      if role == .frontEnd {
        found.report(.containerOfFrontEnd(name, at: entry.place))
      } else if let container = Container.read(entry, of: host, defaults, &found) {
        host.container = container.value.container
        containers[name] = container
      }
    }
    return Placed(value: host, place: declared.place)
  }

  /// Reads `labels`; names and values with a mistake are reported and left out.
  private static func labels(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> [String: String] {
    var labels: [String: String] = [:]
    for entry in node.entries(&found) ?? [] {
      let name = entry.name(LabelText.self, &found)
      let value = entry.value.read(LabelText.self, &found)
      if let name, let value { labels[name.value.text] = value.text }
    }
    return labels
  }

  /// Adds a host, or a second role to a known one. Both declarations need the same address and SSH
  /// settings, and no label with two values.
  private mutating func add(_ host: Placed<Host>, _ found: inout DiagnosticCollector) {
    let name = host.value.name
    guard var known = hosts[name] else {
      hosts[name] = host
      return
    }
    let labels = known.value.labels.merging(host.value.labels) { first, _ in first }
    let differing: [(key: HostField, differs: Bool)] = [
      (.address, known.value.addresses(in: .public) != host.value.addresses(in: .public)),
      (.addresses, known.value.otherAddresses != host.value.otherAddresses),
      (.ssh, known.value.ssh != host.value.ssh),
      (.labels, labels.merging(host.value.labels) { $1 } != labels),
    ]
    for (key, differs) in differing where differs {
      let place = key == .address ? host.place : host.value.place
      let first = key == .address ? known.place : known.value.place
      found.report(
        .hostDescribedTwice(name, differing: key.rawValue, at: place, first: first))
    }
    known.value.roles.formUnion(host.value.roles)
    known.value.container = known.value.container ?? host.value.container
    known.value.labels = labels
    hosts[name] = known
  }

  /// The host with this role that a site names; nil if there is none.
  ///
  /// A name that only the other role has is reported as such.
  func resolve(
    _ node: Node, as role: Role, _ found: inout DiagnosticCollector
  ) -> Placed<HostName>? {
    guard let text = node.text(&found, expected: "a host name") else { return nil }
    let known = keys[role] ?? []
    guard known.contains(text) else {
      let isOther = keys.contains { $0.key != role && $0.value.contains(text) }
      let nearest = isOther ? nil : Suggestion.nearest(to: text, among: known)
      found.report(
        .unknownHost(text, role: role, isOther: isOther, at: node.place, suggestion: nearest))
      return nil
    }
    return HostName(text).map { Placed(value: $0, place: node.place) }
  }

  /// Whether no host, not even one with a mistake, has this role.
  func declaresNone(_ role: Role) -> Bool { keys[role, default: []].isEmpty }

  /// Whether each host with this role could be read, so that a name or a label which none of them has is a mistake.
  func knowsAll(_ role: Role) -> Bool {
    let known = (names[role] ?? []).count { hosts[$0] != nil }
    return known == keys[role, default: []].count
  }
}

/// The name or the value of a host's label, as written in selectors.
struct LabelText: ValidatedText {
  let text: String
  static let noun = "a label"
  static let rule = "1 to 63 letters, digits, dots, underscores and hyphens, not first a hyphen"

  init?(_ text: String) {
    guard (1...63).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-"),
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "._-".utf8.contains($0) })
    else { return nil }
    self.text = text
  }
}
