internal import Diagnostics
import Fleet
internal import YAML

/// The groups of sources of an inventory (`firewall.groups`), while it is read.
struct SourceGroups {
  private var ranges: [SourceGroupName: [AddressRange]] = [:]
  /// Also those with a mistake: using them is not a second mistake.
  private var names: Set<String> = []

  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> SourceGroups {
    var groups = SourceGroups()
    for entry in node.entries(&found) ?? [] {
      groups.names.insert(entry.key)
      let name = entry.name(SourceGroupName.self, &found)
      let ranges = entry.value.ranges(
        ifEmpty: "A group has at least one address or network. Add one, or remove the group.",
        &found)
      if let name { groups.ranges[name.value] = ranges }
    }
    return groups
  }

  /// A list with at least one range or group; `reason` explains why an empty list is a mistake.
  func sources(
    _ node: Node, ifEmpty reason: String, _ found: inout DiagnosticCollector
  ) -> [AddressRange]? {
    guard let elements = node.elements(&found) else { return nil }
    guard !elements.isEmpty else {
      found.report(.emptyList(at: node.place, reason: reason))
      return nil
    }
    return elements.flatMap { element in
      element.isGroupName
        ? group(element, &found) : element.range(&found).map { [$0] } ?? []
    }
  }

  private func group(_ node: Node, _ found: inout DiagnosticCollector) -> [AddressRange] {
    guard let text = node.text(&found, expected: "an address range or a group") else { return [] }
    guard !names.contains(text) else {
      return SourceGroupName(text).flatMap { ranges[$0] } ?? []
    }
    guard let name = node.read(SourceGroupName.self, &found) else { return [] }
    found.report(
      .unknownGroup(
        name, at: node.place, suggestion: Suggestion.nearest(to: text, among: names)))
    return []
  }
}

extension Node {
  /// Whether the value is written like a name, and not like an address.
  fileprivate var isGroupName: Bool {
    guard case .scalar(let scalar) = content, let first = scalar.text.utf8.first else {
      return false
    }
    return first.isLetterOrDigit && !first.isDigit
      && !scalar.text.utf8.contains(UInt8(ascii: ":"))
  }
}
