package import Fleet

/// What front-ends answer while a site is in maintenance (`deploy maintenance`): from the state, not from the inventory.
package struct Maintenance: Hashable, Sendable {
  /// HTML; nil for a short default page.
  package var page: String?
  /// The addresses whose requests reach the back-ends as ever; sorted.
  package var allowed: [AddressRange]
  /// When visitors are asked to try again.
  package var retryAfter: Period

  package init(page: String? = nil, allowed: [AddressRange] = [], retryAfter: Period) {
    self.page = page
    self.allowed = allowed
    self.retryAfter = retryAfter
  }
}
