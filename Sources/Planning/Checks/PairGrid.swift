import Fleet
import Inventories

/// The pairs of some front-ends and some upstreams of one site, in an order whose beginning has each of them.
struct PairGrid {
  typealias Pair = (row: Int, column: Int)

  /// The index of the site; grids of one site follow each other.
  let site: Int
  /// Front-ends and upstreams, by their index in the site, with the hosts that they are on.
  let rows: [(index: Int, host: HostName)]
  let columns: [(index: Int, host: HostName)]

  var count: Int { rows.count * columns.count }

  /// How many pairs, from the first, have every row and every column among them.
  var coveringCount: Int { count == 0 ? 0 : max(rows.count, columns.count) }

  /// The pair at a position, as positions in rows and columns. It walks along the diagonals, so each pair has one
  /// position. Sites begin at different rows: otherwise a fleet's first front-end would be in every sample.
  subscript(position: Int) -> Pair {
    let diagonal = rows.count / Self.greatestDivisor(rows.count, columns.count) * columns.count
    return ((position + site) % rows.count, (position + position / diagonal) % columns.count)
  }

  private static func greatestDivisor(_ left: Int, _ right: Int) -> Int {
    right == 0 ? left : greatestDivisor(right, left % right)
  }

  /// The edges of which an end is selected: all of the selected front-ends, and those of the others to selected
  /// back-ends.
  static func edges(of index: Int, in inventory: Inventory, _ selected: Set<HostName>) -> [Self] {
    let site = inventory.sites[index]
    let rows = site.frontEnds.enumerated().map { (index: $0, host: $1) }
    let columns = site.upstreams.enumerated().map { (index: $0, host: $1.host) }
    return [
      PairGrid(site: index, rows: rows.filter { selected.contains($0.host) }, columns: columns),
      PairGrid(
        site: index, rows: rows.filter { !selected.contains($0.host) },
        columns: columns.filter { selected.contains($0.host) }),
    ]
  }

  /// One column, because visitors reach a site on a front-end and not a pair.
  static func endpoints(of index: Int, in inventory: Inventory, _ selected: Set<HostName>) -> Self {
    let rows = inventory.sites[index].frontEnds.enumerated().map { (index: $0, host: $1) }
      .filter { selected.contains($0.host) }
    return PairGrid(
      site: index, rows: rows, columns: rows.prefix(1).map { (index: 0, host: $0.host) })
  }
}

extension [PairGrid] {
  /// The number of pairs of all grids.
  var pairCount: Int { reduce(0) { $0 + $1.count } }

  /// The pairs to test, by site: indices of front-ends and upstreams, in the order of the inventory.
  func chosen(_ extent: FleetChecks.Extent) -> [(site: Int, pairs: [PairGrid.Pair])] {
    var chosen: [(site: Int, pairs: [PairGrid.Pair])] = []
    for (grid, positions) in zip(self, positions(extent)) where !positions.isEmpty {
      let pairs = positions.map { position -> PairGrid.Pair in
        let pair = grid[position]
        return (grid.rows[pair.row].index, grid.columns[pair.column].index)
      }
      if chosen.last?.site == grid.site {
        chosen[chosen.count - 1].pairs += pairs
      } else {
        chosen.append((grid.site, pairs))
      }
    }
    return chosen.map { ($0.site, $0.pairs.sorted { $0 < $1 }) }
  }

  /// The chosen positions of each grid, ascending.
  private func positions(_ extent: FleetChecks.Extent) -> [[Int]] {
    guard case .sample(let limit) = extent, pairCount > limit else {
      return map { grid in (0..<grid.count).map(\.self) }
    }
    let covering = covering()
    return filled(covering, to: limit)
  }

  /// Positions that have every front-end, every back-end and every site among them: each has one that those before
  /// it do not have. So there are at most as many as hosts, in each role, and sites together.
  private func covering() -> [[Int]] {
    var frontEnds: Set<HostName> = []
    var backEnds: Set<HostName> = []
    var sites: Set<Int> = []
    return map { grid in
      (0..<grid.coveringCount).filter { position in
        let pair = grid[position]
        let isNew = [
          frontEnds.insert(grid.rows[pair.row].host).inserted,
          backEnds.insert(grid.columns[pair.column].host).inserted,
          sites.insert(grid.site).inserted,
        ]
        return isNew.contains(true)
      }
    }
  }

  /// Adds positions until there are `limit`, from each grid in turn. Each step adds one or meets one that is
  /// already chosen, so the cost does not grow with the number of pairs.
  private func filled(_ covering: [[Int]], to limit: Int) -> [[Int]] {
    var chosen: [[Int]] = map { _ in [] }
    var met = map { _ in 0 }
    var missing = limit - covering.reduce(0) { $0 + $1.count }
    var open = indices.filter { self[$0].count > 0 }
    var position = 0
    while missing > 0, !open.isEmpty {
      for grid in open where missing > 0 {
        if met[grid] < covering[grid].count, covering[grid][met[grid]] == position {
          met[grid] += 1
        } else {
          missing -= 1
        }
        chosen[grid].append(position)
      }
      position += 1
      open.removeAll { self[$0].count == position }
    }
    // What was not met comes after what was added.
    return indices.map { chosen[$0] + covering[$0][met[$0]...] }
  }
}
