import Fleet
internal import Inventories

/// The answer of a front-end while a site is in maintenance: 503 with a page, except to some addresses.
struct MaintenanceAnswer {
  let site: Site
  let maintenance: Maintenance
  /// Whether the site answers ACME challenges, which continues.
  let answersChallenges: Bool
  /// The headers of all answers, which the page's location would drop.
  let headers: [Directive]

  private static let place: Argument = "/.deploy/maintenance"

  /// For the server of the site, before its locations.
  var paragraphs: [Paragraph] {
    [
      Paragraph(
        comment,
        admitted.otherwise(return: Self.unavailable)
          + [Directive("error_page", "\(Self.unavailable)", Self.place)]),
      Paragraph([Directive("location", "=", Self.place, block: [page, Paragraph(ownHeaders)])]),
    ]
  }

  private var comment: String {
    let allowed = maintenance.allowed.map(\.description).joined(separator: ", ")
    let others = allowed.isEmpty ? "" : " Answered as usual: \(allowed)."
    return
      "The site is in maintenance until \"deploy maintenance \(site.domain) off\".\(others)"
  }

  /// RFC 9110, 15.6.4.
  private static let unavailable = 503

  private var admitted: [Condition] {
    [.equals(.uri, Self.place)]
      + maintenance.allowed.map { .isAddress(.binaryRemoteAddress, in: $0) }
      + (answersChallenges ? [.begins(.uri, "/[.]well-known/acme-challenge/")] : [])
  }

  private var page: Paragraph {
    Paragraph([
      Directive("internal"),
      Directive("alias", "\(installed: .maintenancePage(of: site.domain))"),
      Directive("default_type", "text/html; charset=utf-8"),
    ])
  }

  private var ownHeaders: [Directive] {
    [
      Directive("add_header", "Retry-After", "\(maintenance.retryAfter.seconds)", "always"),
      Directive("add_header", "Cache-Control", "no-store", "always"),
    ] + headers
  }

  /// The file with the page.
  static func file(of site: Site) -> ConfigurationFile? {
    site.maintenance.map {
      ConfigurationFile(
        path: .maintenancePage(of: site.domain), text: $0.page ?? defaultPage)
    }
  }

  private static let defaultPage = """
    <!DOCTYPE html>
    <html lang="en">
    <meta charset="utf-8">
    <title>Maintenance</title>
    <h1>Maintenance</h1>
    <p>This site is down for maintenance. Please try again later.</p>
    </html>

    """
}
