import Application
import ArgumentParser
import Fleet
import Inventories

/// What a shell completes from the inventory that the command line names: no host is contacted and no key is read.
struct FleetCompletion {
  private let inventory: Inventory?

  /// - Parameter words: the words of the command line, of which `--inventory` and `--var` count.
  init(_ words: [String]) {
    inventory = Workspace.inventoryForCompletion(
      FleetLocation(
        inventories: Self.values(of: ["--inventory", "-i"], in: words),
        variables: VariableOption.values(
          Self.values(of: ["--var"], in: words).compactMap { try? VariableOption($0) })))
  }

  /// The values of an option in the words of a command line.
  ///
  /// - Parameter names: the names of the option.
  static func values(of names: [String], in words: [String]) -> [String] {
    words.indices.compactMap { index in
      if names.contains(words[index]) { return index + 1 < words.count ? words[index + 1] : nil }
      return names.first { words[index].hasPrefix($0 + "=") }
        .map { String(words[index].dropFirst($0.count + 1)) }
    }
  }

  var hosts: [String] { (inventory?.hosts ?? []).map(\.name.text).sorted() }
  var sites: [String] { (inventory?.sites ?? []).map(\.domain.text).sorted() }

  /// Labels as patterns of `--limit` write them, such as `region=eu`.
  var labels: [String] {
    Set((inventory?.hosts ?? []).flatMap { $0.labels.map { "\($0.key)=\($0.value)" } }).sorted()
  }

  /// The patterns that continue the last term of `--limit`, behind the terms before it.
  ///
  /// - Parameter typed: the value as far as it is typed, such as `app-1,!reg`.
  func patterns(continuing typed: String) -> [String] {
    let start =
      typed.lastIndex(where: { $0 == "," || $0 == "!" })
      .map { typed[...$0] } ?? ""
    return (hosts + labels).map { start + $0 }
  }
}

extension CompletionKind {
  /// The hosts of the inventory.
  static var hosts: Self { .custom { words, _, _ in FleetCompletion(words).hosts } }
  /// The sites of the inventory.
  static var sites: Self { .custom { words, _, _ in FleetCompletion(words).sites } }
  /// Patterns of hosts and labels, as for `--limit`.
  static var patterns: Self {
    .custom { words, _, typed in FleetCompletion(words).patterns(continuing: typed) }
  }
}
