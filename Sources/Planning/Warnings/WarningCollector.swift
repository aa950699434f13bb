import Fleet

/// Collects warnings in the order in which they are found, and merges those that several hosts share.
struct WarningCollector {
  private struct Text: Hashable {
    var before: String
    var after: String
  }

  private var order: [Text] = []
  private var hosts: [Text: [String]] = [:]

  /// Adds a warning about a host, whose name is placed between the two parts.
  mutating func add(_ before: String, _ host: String, _ after: String) {
    let text = Text(before: before, after: after)
    if hosts[text] == nil { order.append(text) }
    hosts[text, default: []].append(host)
  }

  var warnings: [String] {
    order.map { text in
      text.before + Self.list(hosts[text] ?? []) + text.after
    }
  }

  /// Hosts in ranges; names with something added, such as a version, one by one.
  private static func list(_ names: [String]) -> String {
    let hosts = names.compactMap { HostName($0) }
    guard hosts.count < names.count else { return hosts.listed() }
    let most = 10
    let rest = names.count > most ? " and \(names.count - most) more" : ""
    return names.prefix(most).joined(separator: ", ") + rest
  }
}
