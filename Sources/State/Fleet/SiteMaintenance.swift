package import Fleet

/// The record that a site is in maintenance (`deploy maintenance SITE on`), with all that its front-ends need for it.
///
/// The page is here, and not only on the hosts: a front-end that joins the site meanwhile gets it too, from any
/// controller, and no host is believed about it.
package struct SiteMaintenance: Hashable, Sendable, Codable {
  /// The most bytes of a page, and of the pages of all sites together: hosts send them with each survey.
  package static let longestPage = 1 << 16
  package static let largestPages = 1 << 18
  /// The most ranges of the allow list.
  package static let mostAllowed = 100
  /// The seconds of Retry-After.
  package static let retries: ClosedRange<Int64> = 1...31_536_000

  package var site: DomainName
  package var since: Timestamp
  /// User and machine of the last change, such as `ann@laptop`.
  package var by: String
  /// HTML; nil for a short default page.
  package var page: String?
  /// The addresses that are answered as usual; sorted.
  package var allowed: [AddressRange]
  /// Seconds.
  package var retryAfter: Int64

  package init(
    site: DomainName, since: Timestamp, by: String, page: String?, allowed: [AddressRange],
    retryAfter: Int64
  ) {
    self.site = site
    self.since = since
    self.by = by
    self.page = page
    self.allowed = allowed
    self.retryAfter = retryAfter
  }
}

extension FleetState {
  package func maintenance(of site: DomainName) -> SiteMaintenance? {
    maintenance.first { $0.site == site }
  }

  /// Records that a site is in maintenance. If it was already, the beginning stays.
  package mutating func begin(_ record: SiteMaintenance) {
    var record = record
    if let earlier = maintenance(of: record.site) { record.since = earlier.since }
    endMaintenance(of: record.site)
    maintenance.append(record)
    maintenance.sort { $0.site < $1.site }
  }

  package mutating func endMaintenance(of site: DomainName) {
    maintenance.removeAll { $0.site == site }
  }

  /// Forgets the maintenance of sites that have left the inventory.
  package mutating func forgetMaintenance(except declared: Set<DomainName>) {
    maintenance.removeAll { !declared.contains($0.site) }
  }
}

extension SiteMaintenance {
  func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("by").check(by, is: .line)
    try place.at("retryAfter").check(retryAfter, in: Self.retries)
    guard allowed.count <= Self.mostAllowed else {
      throw place.at("allowed").mistake(
        ValuePlace.tooMany(allowed.count, most: Self.mostAllowed))
    }
    guard let page, page.utf8.count > Self.longestPage else { return }
    throw place.at("page").mistake("it has more than \(Self.longestPage) bytes")
  }
}
