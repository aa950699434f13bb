import Fleet
import Inventories
import Testing

@Suite("The defaults of sites")
struct DefaultsTests {
  private func sites(_ defaults: String, _ own: String...) throws -> [Site] {
    let names = ["a", "b", "c"]
    let sites = zip(names, own).map { "\n  \($0).example: \($1)" }.joined()
    return try SeveralFiles(
      """
      fleet: demo
      ca: {name: Demo CA}
      front_ends: {edge-1: {address: 198.18.0.10}}
      back_ends: {app-1: {address: 198.18.0.21}, app-2: {address: 198.18.0.22}}
      defaults: {site: \(defaults)}
      sites:\(sites)

      """
    ).inventory().sites
  }

  @Test("give each site what it lacks")
  func complete() throws {
    let sites = try sites(
      "{front_ends: all, back_ends: [app-1], certificate: {ca: true}, back_end: {port: 8443}, websockets: true,"
        + " max_body_size: 10m, hsts: {max_age: 1y}}",
      "{back_end: {root: /srv/a}}",
      "{back_end: {root: /srv/b, port: 9443}, back_ends: [app-2], websockets: false, hsts: none, max_body_size: none}"
    )
    #expect(sites.map { $0.frontEnds.map(\.text) } == [["edge-1"], ["edge-1"]])
    #expect(
      sites.map { $0.upstreams.map { "\($0.host):\($0.port)" } } == [
        ["app-1:8443"], ["app-2:9443"],
      ])
    #expect(sites.map(\.certificate) == [.ca, .ca])
    #expect(sites.map(\.requests.webSockets) == [true, false])
    #expect(sites.map { $0.hstsMaxAge == nil } == [false, true])
    #expect(sites.map { $0.requests.maxBodySize?.text } == ["10m", nil])
  }

  @Test("keep what runs PHP files when a site has a root, and nothing of another certificate")
  func notExclusive() throws {
    let sites = try sites(
      "{front_ends: all, back_ends: all, back_end: {fastcgi: 'unix:/run/a'},"
        + " certificate: {command: [get], private: true}}",
      "{back_end: {root: /srv}}",
      "{certificate: {ca: true}, back_end: {proxy: 'http://127.0.0.1:1'}}")
    guard case .fastCGI(_, root: .some, _) = sites[0].service.content else {
      Issue.record("\(sites[0].service.content)")
      return
    }
    guard case .command = sites[0].certificate else {
      Issue.record("\(sites[0].certificate)")
      return
    }
    #expect(sites[1].certificate == .ca)
    guard case .proxy = sites[1].service.content else {
      Issue.record("\(sites[1].service.content)")
      return
    }
  }

  @Test("lose to a key of the site that excludes theirs")
  func alternatives() throws {
    let sites = try sites(
      "{front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {port: 8443, root: /srv},"
        + " cdn: {ranges: [192.0.2.0/24], header: X-Real}}",
      "{certificate: {installed: {certificate: /a, key: /b}}, back_end: {fastcgi: 'unix:/run/a'}}",
      "{cdn: {ranges: [198.51.100.0/24]}}", "{cdn: none}")
    guard case .installed = sites[0].certificate else {
      Issue.record("\(sites[0].certificate)")
      return
    }
    guard case .fastCGI(_, root: .some, _) = sites[0].service.content else {
      Issue.record("\(sites[0].service.content)")
      return
    }
    #expect(sites[0].service.port == Port(8443))
    // What may be written as a list is replaced as a whole.
    guard case .listed(let ranges, .forwardedFor)? = sites[1].network else {
      Issue.record("\(String(describing: sites[1].network))")
      return
    }
    #expect(ranges.map(\.description) == ["198.51.100.0/24"])
    #expect(sites[2].network == nil && sites[0].network != nil)
  }
}
