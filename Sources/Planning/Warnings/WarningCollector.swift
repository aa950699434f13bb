/// Warnings in the order in which they were found; what is the same on several hosts is told once.
struct WarningCollector {
  private struct Text: Hashable {
    var before: String
    var after: String
  }

  private var order: [Text] = []
  private var hosts: [Text: [String]] = [:]

  /// Adds a warning of a host, whose name stands between the two parts.
  mutating func add(_ before: String, _ host: String, _ after: String) {
    let text = Text(before: before, after: after)
    if hosts[text] == nil { order.append(text) }
    hosts[text, default: []].append(host)
  }

  var warnings: [String] {
    order.map { text in
      let names = hosts[text] ?? []
      let most = 10
      let rest = names.count > most ? " and \(names.count - most) more" : ""
      return text.before + names.prefix(most).joined(separator: ", ") + rest + text.after
    }
  }
}
