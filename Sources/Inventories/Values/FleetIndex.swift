import Fleet

/// Where the hosts and sites of an inventory are: without it, each host of a plan would search all sites.
///
/// It follows from the hosts and sites, so all indices count as equal.
struct FleetIndex: Hashable, Sendable {
  /// A class, because every copy of an inventory has the same one.
  private final class Positions: Sendable {
    let hosts: [HostName: Int]
    let published: [HostName: [Int]]
    let served: [HostName: [Int]]
    let asking: Set<HostName>

    init(_ hosts: [Host], _ sites: [Site]) {
      var published: [HostName: [Int]] = [:]
      var served: [HostName: [Int]] = [:]
      var asking: Set<HostName> = []
      for (position, site) in sites.enumerated() {
        for frontEnd in site.frontEnds { published[frontEnd, default: []].append(position) }
        if site.originPulls != nil { asking.formUnion(site.frontEnds) }
        var last: HostName?
        for upstream in site.upstreams where upstream.host != last {
          served[upstream.host, default: []].append(position)
          last = upstream.host
        }
      }
      self.hosts = Dictionary(hosts.enumerated().map { ($1.name, $0) }) { first, _ in first }
      (self.published, self.served, self.asking) = (published, served, asking)
    }
  }

  private let positions: Positions

  /// - Parameters:
  ///   - hosts: the hosts of the inventory.
  ///   - sites: its sites; the front-ends and back-ends of each are sorted.
  init(_ hosts: [Host], _ sites: [Site]) { positions = Positions(hosts, sites) }

  /// The position of a host; nil if there is none of that name.
  func position(of host: HostName) -> Int? { positions.hosts[host] }

  /// The positions of the sites that a front-end publishes, in ascending order.
  func published(by frontEnd: HostName) -> [Int] { positions.published[frontEnd] ?? [] }

  /// The positions of the sites that a back-end serves, in ascending order.
  func served(by backEnd: HostName) -> [Int] { positions.served[backEnd] ?? [] }

  func asksVisitors(on frontEnd: HostName) -> Bool { positions.asking.contains(frontEnd) }

  static func == (left: FleetIndex, right: FleetIndex) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// Some of the sites of an inventory, sorted by domain; the sites themselves are not copied.
package struct SiteList: RandomAccessCollection, Sendable {
  private let sites: [Site]
  private let positions: [Int]

  /// An empty list.
  package init() { self.init(of: [], at: []) }

  /// - Parameter positions: in ascending order.
  init(of sites: [Site], at positions: [Int]) {
    (self.sites, self.positions) = (sites, positions)
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { positions.count }
  package subscript(index: Int) -> Site { sites[positions[index]] }
}
