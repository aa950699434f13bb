package import Fleet
package import Inventories
import State

/// Updates the address ranges of a content delivery network from files or URLs
/// (`deploy cdn update`).
package struct UpdateRanges {
  /// The ranges before and after the update, and the file that has the new ones.
  package struct Result {
    package let path: String
    package let old: PublishedRanges
    package let new: PublishedRanges

    package var added: [AddressRange] { new.ranges.filter { !old.ranges.contains($0) } }
    package var removed: [AddressRange] { old.ranges.filter { !new.ranges.contains($0) } }
  }

  private let workspace: Workspace

  package init(_ workspace: Workspace) { self.workspace = workspace }

  /// - Parameters:
  ///   - sources: files or URLs that together have all ranges.
  ///   - anySize: whether to accept a list that is much smaller or larger than the current one.
  ///   - isKept: whether the current list stays, with its date, if the ranges are the same.
  package func update(
    _ network: KnownNetwork, from sources: [String], anySize: Bool,
    keepingSameRanges isKept: Bool = false
  ) async throws -> Result {
    let old = workspace.inventory.published(network)
    let list: RangeList
    let name = sources.joined(separator: " and ")
    var lists: [String] = []
    for source in sources { lists.append(try await RangeSource(name: source).text()) }
    do throws(RangeList.Mistake) {
      list = try RangeList(lists.joined(separator: "\n"))
      if !anySize { try list.check(instead: old.ranges) }
    } catch {
      throw Failure(
        .failed,
        "the ranges of \(network.rawValue) were not updated from \(name): \(error)")
    }
    let path = workspace.networkFiles.path(of: network)
    let new = PublishedRanges(
      date: Timestamp.current.date, ranges: list.ranges, from: Self.urls(sources))
    if isKept, new.ranges == old.ranges { return Result(path: path, old: old, new: old) }
    try workspace.networkFiles.write(new, of: network)
    return Result(path: path, old: old, new: new)
  }

  /// The sources, if each can be downloaded again.
  private static func urls(_ sources: [String]) -> [String] {
    sources.allSatisfy { RangeSource(name: $0).isURL } ? sources : []
  }
}
