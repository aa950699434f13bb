import Fleet
import Inventories

/// Groups the sites and hosts of a fleet for a picture.
struct PictureMaker {
  /// The hosts of a site: sites with the same hosts are in one lane.
  private struct Key: Hashable {
    var frontEnds: [HostName]
    var backEnds: [HostName]
  }

  private struct Pair: Hashable {
    var site: DomainName
    var from: HostName?
    var to: HostName
  }

  private let inventory: Inventory
  private let hosts: [HostName: HostStatus]
  private let order: [HostName: Int]
  private let trials: [Pair: EdgeSurvey.Standing]
  private let trialsOfSites: [DomainName: [Pair]]
  private let all: [HostStatus]

  init(_ inventory: Inventory, _ status: FleetStatus, _ edges: EdgeSurvey?) {
    self.inventory = inventory
    all = status.hosts
    hosts = Dictionary(status.hosts.map { ($0.host, $0) }) { first, _ in first }
    order = Dictionary(
      status.hosts.enumerated().map { ($1.host, $0) }, uniquingKeysWith: { first, _ in first })
    trials = Dictionary(
      (edges?.trials ?? []).map { (Pair(site: $0.site, from: $0.from, to: $0.to), $0.standing) },
      uniquingKeysWith: min)
    trialsOfSites = Dictionary(grouping: trials.keys, by: \.site)
  }

  /// A lane for each group of sites, in the order of the first site of each. Sites without a host of the status, which
  /// may be a part of the fleet, are left out.
  var lanes: [FleetPicture.Lane] {
    var sites: [Key: [DomainName]] = [:]
    var keys: [Key] = []
    for site in inventory.sites {
      let key = Key(
        frontEnds: known(site.frontEnds), backEnds: known(site.upstreams.map(\.host)))
      guard !key.frontEnds.isEmpty || !key.backEnds.isEmpty else { continue }
      if sites[key] == nil { keys.append(key) }
      sites[key, default: []].append(site.domain)
    }
    return keys.map { lane(sites[$0] ?? [], $0) }
  }

  /// Hosts that no site uses, without container hosts.
  var unused: FleetPicture.Group {
    let used = Set(inventory.sites.flatMap { $0.frontEnds + $0.upstreams.map(\.host) })
    return group(
      all.filter { host in
        !used.contains(host.host) && inventory.host(named: host.host)?.container == nil
      }, most: FleetPicture.mostTroubled)
  }

  /// One lane that stands for several.
  func joined(_ lanes: [FleetPicture.Lane]) -> FleetPicture.Lane {
    let domains = Set(lanes.flatMap(\.sites))
    let sites = inventory.sites.filter { domains.contains($0.domain) }
    return FleetPicture.Lane(
      sites: sites.map(\.domain),
      frontEnds: group(statuses(known(sites.flatMap(\.frontEnds))), most: 0),
      backEnds: group(statuses(known(sites.flatMap { $0.upstreams.map(\.host) })), most: 0),
      lines: [], visits: lanes.map(\.visits).reduce(.init(), +),
      edges: lanes.map(\.edges).reduce(.init(), +))
  }

  /// The hosts of the status, each once, in its order.
  private func known(_ names: [HostName]) -> [HostName] {
    Set(names).filter { hosts[$0] != nil }.sorted { order[$0, default: 0] < order[$1, default: 0] }
  }

  private func statuses(_ names: [HostName]) -> [HostStatus] { names.compactMap { hosts[$0] } }

  private func group(_ statuses: [HostStatus], most: Int) -> FleetPicture.Group {
    let named =
      statuses.count <= most
      ? statuses
      : Array(
        statuses.filter(\.standing.isTrouble).sorted { $0.standing < $1.standing }
          .prefix(min(most, FleetPicture.mostTroubled)))
    return FleetPicture.Group(
      named: named, total: statuses.count, counts: FleetStatus.counts(of: statuses))
  }

  private func lane(_ sites: [DomainName], _ key: Key) -> FleetPicture.Lane {
    let most = FleetPicture.mostNamed
    let frontEnds = group(statuses(key.frontEnds), most: most)
    let backEnds = group(statuses(key.backEnds), most: most)
    var (visits, edges) = (FleetPicture.EdgeCounts(), FleetPicture.EdgeCounts())
    var lines: [FleetPicture.Line] = []
    let isDrawn = frontEnds.isWhole && backEnds.isWhole
    // Of the edges of a large lane, only a sample may have been tried: the others need not be looked at one by one.
    if !isDrawn {
      let (triedVisits, triedEdges) = counts(sites, key)
      visits = triedVisits
      edges = triedEdges
      let allVisits = sites.count * key.frontEnds.count
      visits.notTried += max(0, allVisits - visits.total)
      edges.notTried += max(0, allVisits * key.backEnds.count - edges.total)
      return FleetPicture.Lane(
        sites: sites, frontEnds: frontEnds, backEnds: backEnds, lines: [], visits: visits,
        edges: edges)
    }
    for to in key.frontEnds {
      let standings = sites.map { standing($0, nil, to) }
      for standing in standings { visits.add(standing) }
      if isDrawn { lines.append(.init(from: nil, to: to, standing: standings.worst)) }
    }
    for from in key.frontEnds {
      for to in key.backEnds {
        let standings = sites.map { standing($0, from, to) }
        for standing in standings { edges.add(standing) }
        if isDrawn { lines.append(.init(from: from, to: to, standing: standings.worst)) }
      }
    }
    return FleetPicture.Lane(
      sites: sites, frontEnds: frontEnds, backEnds: backEnds, lines: lines, visits: visits,
      edges: edges)
  }

  /// Of the connections of a lane that the survey has.
  private func counts(
    _ sites: [DomainName], _ key: Key
  ) -> (visits: FleetPicture.EdgeCounts, edges: FleetPicture.EdgeCounts) {
    var (visits, edges) = (FleetPicture.EdgeCounts(), FleetPicture.EdgeCounts())
    let (frontEnds, backEnds) = (Set(key.frontEnds), Set(key.backEnds))
    for pair in sites.flatMap({ trialsOfSites[$0] ?? [] }) {
      guard let standing = trials[pair] else { continue }
      if let from = pair.from {
        if frontEnds.contains(from), backEnds.contains(pair.to) { edges.add(standing) }
      } else if frontEnds.contains(pair.to) {
        visits.add(standing)
      }
    }
    return (visits, edges)
  }

  private func standing(
    _ site: DomainName, _ from: HostName?, _ to: HostName
  ) -> EdgeSurvey.Standing {
    trials[Pair(site: site, from: from, to: to)] ?? .notTried
  }
}

extension [EdgeSurvey.Standing] {
  /// An edge of several sites works if it does for those that were tried.
  fileprivate var worst: EdgeSurvey.Standing {
    contains(.failed) ? .failed : contains(.works) ? .works : .notTried
  }
}
