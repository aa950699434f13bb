internal import Diagnostics
import Fleet
import Schema
internal import YAML

/// The keys that `defaults.site` has for every site.
struct SiteDefaults {
  private static let shape = Shape.mapping(MappingShape(SiteField.self))

  private let node: Node?

  /// No defaults.
  init() { node = nil }

  /// Reads `defaults`. Mistakes in it are reported here, once, also of keys that each site replaces.
  init(_ entry: Node.Entry, hosts: DeclaredHosts, _ found: inout DiagnosticCollector) {
    let fields = Fields<DefaultsField>(entry.value, at: entry.place, &found)
    guard let site = fields?.entry(.site), case .mapping(var entries) = site.value.content else {
      if let site = fields?[.site] { _ = site.entries(&found) }
      node = nil
      return
    }
    for alias in entries where alias.key == SiteField.aliases.rawValue {
      found.report(.aliasesOfEachSite(at: alias.place))
    }
    entries.removeAll { $0.key == SiteField.aliases.rawValue }
    let defaults = Node(.mapping(entries), at: site.value.place)
    _ = DeclaredSite(
      defaultsOf: Node.Entry(key: site.key, place: site.place, value: defaults), hosts: hosts,
      &found)
    node = defaults
  }

  /// A site with the keys that it lacks, and without those that it sets to `none`.
  func completing(_ entry: Node.Entry) -> Node.Entry {
    guard case .mapping = entry.value.content else { return entry }
    var entry = entry
    let place = entry.value.place
    if let node { entry.value = node.overlaid(by: entry.value, as: Self.shape) }
    entry.value.place = place
    entry.value.removeNone()
    return entry
  }
}

extension Node {
  /// Removes the keys of a site that are `none`.
  mutating func removeNone() {
    guard case .mapping(let entries) = content else { return }
    content = .mapping(
      entries.filter { entry in
        guard let key = SiteField(rawValue: entry.key), SiteField.removable.contains(key) else {
          return true
        }
        return !entry.value.isWord("none")
      })
  }
}

extension Diagnostic {
  fileprivate static func aliasesOfEachSite(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .aliasesOfEachSite, at: place,
      "An alias leads to one site, so the defaults of all sites cannot have it. Move it to its site."
    )
  }
}
