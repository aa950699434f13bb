import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// What visitors get from a front-end that runs. The visitor is 198.18.0.100; behind the network of `cdn.example`, its
/// header says who it is.
@Suite(
  "A site in maintenance",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct MaintenanceTests {
  private static func ranges(_ texts: [String]) -> [AddressRange] {
    texts.compactMap { AddressRange($0) }
  }

  private static func site(
    _ domain: String, _ maintenance: Maintenance?, certificate: PublicCertificate = .ca,
    network: ContentNetwork? = nil
  ) -> Site {
    var site = Fleet.site(
      domain, aliases: ["www.\(domain)"], on: ["edge-1"], from: [Fleet.upstream("app-1", 8443)],
      certificate: certificate, hsts: .days(1), content: Fleet.files("/srv/files"),
      network: network,
      requests: RequestPolicy(headers: [Fleet.header("X-Frame-Options", "DENY")]))
    site.maintenance = maintenance
    return site
  }

  private static let page = "<!DOCTYPE html>\n<p>We are back at noon, for $5.</p>\n"

  private static let inventory = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.18.0.2"),
      Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
    ],
    [
      site("all.example", Maintenance(retryAfter: .seconds(600))),
      site(
        "cdn.example",
        Maintenance(
          page: page,
          allowed: ranges(["203.0.113.0/24", "192.0.2.10", "10.0.0.64/27", "2001:db8::/45"]),
          retryAfter: .seconds(60)),
        network: Fleet.network("198.18.0.100/32")),
      site(
        "me-too.example",
        Maintenance(allowed: ranges(["198.18.0.100/32"]), retryAfter: .seconds(60))),
      site("up.example", nil),
    ])

  private func fleet() throws -> TestFleet {
    let fleet = try TestFleet(Self.inventory)
    try fleet["app-1"].write("an answer\n", to: "srv/files/index.html")
    return fleet
  }

  @Test("answers 503 to all methods and paths, with Retry-After, its headers and the page")
  func unavailable() throws {
    let answers = try fleet().answers(
      #"""
      for site in all up; do
        visit "$site" "https://$site.example/"
        visit "$site POST" --data a=b "https://$site.example/index.html"
        visit "$site PUT" -X PUT --data a=b "https://$site.example/else?a=b"
        visit "$site HEAD" -I "https://$site.example/"
      done
      visit 'its own path' https://all.example/.deploy/maintenance
      visit 'plain' --resolve '*:80:198.18.0.1' http://all.example/a
      visit 'alias' https://www.all.example/a
      visit 'other name' -H 'Host: up.example' https://all.example/
      read_it head -D - -o /dev/null https://all.example/ | tr -d '\r' | sed 's/^head: //' |
        grep -i -e retry -e cache -e content-type -e strict -e frame
      read_it page -X DELETE https://cdn.example/
      read_it short https://all.example/ | grep '<p>'
      """#)
    #expect(
      answers == """
        all: 503
        all POST: 503
        all PUT: 503
        all HEAD: 503
        up: 200
        up POST: 405
        up PUT: 405
        up HEAD: 200
        its own path: 404
        plain: 301
        alias: 301
        other name: 421
        content-type: text/html; charset=utf-8
        retry-after: 600
        cache-control: no-store
        strict-transport-security: max-age=86400
        x-frame-options: DENY
        page: <!DOCTYPE html>
        <p>We are back at noon, for $5.</p>
        <p>This site is down for maintenance. Please try again later.</p>

        """)
  }

  @Test("answers addresses of the allow list as usual, by the header of its network")
  func allowed() throws {
    let answers = try fleet().answers(
      #"""
      visit me https://me-too.example/
      visit unnamed https://cdn.example/
      visit v4 -H 'X-Forwarded-For: 203.0.113.77' https://cdn.example/
      visit v6 -H 'X-Forwarded-For: 2001:db8::5' https://cdn.example/
      visit other -H 'X-Forwarded-For: 203.0.114.1' https://cdn.example/
      for address in 192.0.2.10 10.0.0.64 10.0.0.65 10.0.0.95 2001:db8:7:ffff::1; do
        visit inside -H "X-Forwarded-For: $address" https://cdn.example/
      done
      for address in 192.0.2.11 10.0.0.63 10.0.0.96 2001:db8:8::1 2001:db9::5 203.0.81.5; do
        visit outside -H "X-Forwarded-For: $address" https://cdn.example/
      done
      visit forged -H 'X-Forwarded-For: 203.0.113.77, 192.0.2.1' https://cdn.example/
      visit 'not behind it' -H 'X-Forwarded-For: 198.18.0.100' https://all.example/
      read_it text https://me-too.example/
      """#)
    #expect(
      answers == """
        me: 200
        unnamed: 503
        v4: 200
        v6: 200
        other: 503
        inside: 200
        inside: 200
        inside: 200
        inside: 200
        inside: 200
        outside: 503
        outside: 503
        outside: 503
        outside: 503
        outside: 503
        outside: 503
        forged: 503
        not behind it: 503
        text: an answer

        """)
  }

  @Test("continues to answer challenges of ACME servers")
  func challenges() throws {
    let token = String(repeating: "t", count: 32)
    let account = try #require(AccountThumbprint(String(repeating: "p", count: 43)))
    let site = Self.site(
      "acme.example", Maintenance(retryAfter: .seconds(60)),
      certificate: .acme(ACMECertificate(account: .default)))
    let inventory = Fleet.inventory(
      Self.inventory.hosts, [site] + Self.inventory.sites.filter { $0.domain != site.domain })
    let fleet = try TestFleet(
      inventory, challenges: ChallengeAnswers(thumbprints: [.default: account]))
    let answers = try fleet.answers(
      """
      read_it challenge https://acme.example/.well-known/acme-challenge/\(token)
      read_it plain --resolve '*:80:198.18.0.1' http://acme.example/.well-known/acme-challenge/\(token)
      visit other https://acme.example/.well-known/other
      visit CASE https://acme.example/.WELL-KNOWN/acme-challenge/\(token)
      """)
    #expect(
      answers == """
        challenge: \(token).\(account)
        plain: \(token).\(account)
        other: 503
        CASE: 503

        """)
  }
}
