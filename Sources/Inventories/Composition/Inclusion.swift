internal import Diagnostics
import Fleet
import Schema
internal import YAML

/// Reads a file of an inventory with all files that it includes, and joins them to one mapping.
struct Inclusion<Files: IncludedFiles> {
  /// How many files lead from an inventory to a file that it includes.
  private static var mostLevels: Int { 8 }
  private static var mostFiles: Int { 10_000 }

  let files: Files
  var found = DiagnosticCollector()
  /// Everything that was read, for messages.
  private(set) var sources: [SourceText] = []
  /// The files that the document has already.
  private var known: Set<String> = []
  /// What all files together have.
  private var total = (bytes: 0, nodes: 0)
  /// Nothing more is read then.
  private var isTooLarge = false

  init(_ files: Files) { self.files = files }

  /// The document of a file that the user named; nil if there is a mistake.
  mutating func document(of source: SourceText) -> Node? {
    guard let node = parse(source, at: nil) else { return nil }
    guard case .mapping(let entries) = node.content else { return node }
    guard let includes = entries.first(where: { $0.key == InventoryField.include.rawValue }) else {
      return node
    }
    var joined = JoinedMapping()
    joined.add(entries.filter { $0.key != includes.key }, &found)
    known = []
    let own = LocalPath.joined(source.folder, LocalPath.name(of: source.file))
    include(includes.value, path: [own], &joined)
    return Node(.mapping(joined.joined), at: node.place)
  }

  /// - Parameter path: the file with this list, behind those that lead to it.
  private mutating func include(
    _ list: Node, path: [String], _ joined: inout JoinedMapping
  ) {
    guard path.count <= Self.mostLevels else {
      found.report(.includesTooDeep(at: list.place, limit: Self.mostLevels))
      return
    }
    var patterns: [Node] = [list]
    if case .sequence(let elements) = list.content { patterns = elements }
    if patterns.isEmpty {
      found.report(
        .emptyList(at: list.place, reason: "Name a file or a glob, or remove the key."))
    }
    for pattern in patterns {
      guard let glob = pattern.read(IncludedPath.self, &found)?.text else { continue }
      do throws(UnreadableInclude) {
        let paths = try files.paths(matching: glob)
        if paths.isEmpty { found.report(.nothingToInclude(glob, at: pattern.place)) }
        for next in paths where !isTooLarge {
          try include(next, at: pattern.place, path: path, &joined)
        }
      } catch {
        found.report(.unreadableInclude(error, at: pattern.place))
      }
    }
  }

  /// Adds one file, unless another pattern did.
  private mutating func include(
    _ next: String, at place: SourcePlace, path: [String], _ joined: inout JoinedMapping
  ) throws(UnreadableInclude) {
    guard !path.contains(next) else {
      found.report(.includeCycle((path.drop { $0 != next } + [next]).map(files.name), at: place))
      return
    }
    guard known.insert(next).inserted else { return }
    guard known.count <= Self.mostFiles else {
      found.report(.tooManyIncludes(limit: Self.mostFiles, at: place))
      return
    }
    let source = SourceText(
      file: files.name(of: next), bytes: try files.bytes(of: next),
      folder: LocalPath.folder(of: next))
    guard let node = parse(source, at: place), let entries = node.entries(&found) else { return }
    joined.add(entries.filter { !InventoryField.isLocal($0.key) }, &found)
    if let includes = entries.first(where: { $0.key == InventoryField.include.rawValue }) {
      include(includes.value, path: path + [next], &joined)
    }
  }

  /// - Parameter place: where the file is included; nil for one that the user named.
  private mutating func parse(_ source: SourceText, at place: SourcePlace?) -> Node? {
    sources.append(source)
    let limits = Limits()
    let (node, diagnostics) = Node.parse(source, limits: limits)
    for diagnostic in diagnostics { found.report(diagnostic) }
    total.bytes += source.bytes.count
    total.nodes += node?.count ?? 0
    guard total.bytes <= limits.bytes, total.nodes <= limits.nodes else {
      found.report(.inventoryTooLarge(limits, at: place))
      isTooLarge = true
      return nil
    }
    return node
  }
}

extension InventoryField {
  /// Whether a key of an included file is not joined with those of others: its own list, and extensions, which have
  /// anchors for that file.
  fileprivate static func isLocal(_ key: String) -> Bool {
    key == Self.include.rawValue || isExtension(key)
  }
}

extension Diagnostic {
  fileprivate static func nothingToInclude(_ glob: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .nothingToInclude, at: place,
      WildcardPattern.hasWildcard(glob)
        ? "No file matches \(glob.quoted). Correct the pattern, or remove it."
        : "There is no file \(glob.quoted). Correct the path, or remove it.")
  }

  fileprivate static func unreadableInclude(
    _ failure: UnreadableInclude, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(.unreadableInclude, at: place, "\(failure.reason).")
  }

  /// - Parameter files: the first is also the last.
  fileprivate static func includeCycle(_ files: [String], at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .includeCycle, at: place,
      "\(files.joined(separator: " includes ")). Remove the file from one of the lists.")
  }

  fileprivate static func includesTooDeep(at place: SourcePlace, limit: Int) -> Diagnostic {
    Diagnostic(
      .includesTooDeep, at: place,
      "Includes are nested more than \(limit) levels deep. Name the file in an inventory further up."
    )
  }

  /// - Parameter place: where the file is included with which the inventory is too large.
  fileprivate static func inventoryTooLarge(_ limits: Limits, at place: SourcePlace?) -> Diagnostic
  {
    Diagnostic(
      .error, InventoryMistake.inventoryTooLarge.rawValue, at: place,
      detail:
        "With this file, the inventory has more than \(limits.bytes) bytes, or more than \(limits.nodes) keys and"
        + " values with aliases expanded.")
  }

  fileprivate static func tooManyIncludes(limit: Int, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .tooManyIncludes, at: place,
      "An inventory may include at most \(limit) files. Put several into one file.")
  }
}
