import Application
import Schema

/// The tables of keys in docs/inventory.md and docs/playbooks.md, which `scripts/make-reference` writes.
enum KeyTables {
  /// Keys whose mapping has a table of its own.
  static let sections = [
    "inventory", "ca", "acme", "state", "ssh", "back_ends", "left", "sites", "sites.back_ends",
    "firewall", "stub_status", "defaults", "playbook",
  ]

  /// The table of the keys below a path, and of those in mappings without a table of their own; of an inventory or a
  /// playbook for these two words.
  static func markdown(of path: String) throws -> String {
    let rows: [KeyPlace]
    if let reference = KeyReference(rawValue: path) {
      // A playbook is short: its keys are in one table.
      rows = rowsBelow([reference.keys], isDeep: reference == .playbook)
    } else {
      rows = try rowsBelow(
        ExplainCommand.places(path).flatMap(\.about.shape.mappings), isDeep: true)
    }
    let lines = rows.map { row in
      let cells = [
        "`\(row.name)`", row.about.shape.words, row.about.absenceWords, row.about.summary,
      ].map { $0.replacing("|", with: "\\|") }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    return
      (["| key | type | default | meaning |", "|---|---|---|---|"] + lines).joined(separator: "\n")
      .replacing("|  |", with: "| |")
  }

  /// What has a table, which other tables do not repeat.
  private static let listed = Set(
    sections.flatMap { section -> [String] in
      guard case .found(let places) = KeyReference.search(section) else { return [] }
      return places.flatMap(\.about.shape.mappings).map(\.owner)
    })

  /// - Parameter isDeep: whether keys of mappings without a table of their own follow.
  private static func rowsBelow(
    _ mappings: [MappingShape], isDeep: Bool, path: [String] = []
  ) -> [KeyPlace] {
    let rows = mappings.flatMap(\.keys).flatMap { key in
      let row = KeyPlace(path: path + [key.name], about: key.about)
      let inner = key.about.shape.mappings.filter { $0.form == nil && !listed.contains($0.owner) }
      return [row] + (isDeep ? rowsBelow(inner, isDeep: true, path: row.path) : [])
    }
    return rows.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
