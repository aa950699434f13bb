import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

private let hosts = [
  Fleet.host("app-1", [.backEnd], "198.18.0.2"), Fleet.host("app-2", [.backEnd], "198.18.0.3"),
  Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
]

/// The requests that a front-end passes to a second back-end: only those that the first one did not answer.
@Suite(
  "A request", .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"),
  .serialized)
struct RetryTests {
  /// Answers with the status that is its path; each request that it gets leaves a line.
  private static func application(of folder: String) -> String {
    let statuses = [200, 400, 403, 404, 421, 429, 500, 502, 503, 504]
    let locations = statuses.map { "location = /\($0) { return \($0); }" }
    return """
      log_format carried_out "$request_method $uri";
      server {
        listen 127.0.0.1:8080; server_name application;
        access_log \(folder)/carried-out carried_out;
        \(locations.joined(separator: "\n"))
      }
      """
  }

  private static let site = Fleet.site(
    "shop.example", on: ["edge-1"],
    from: [Fleet.upstream("app-1", 443), Fleet.upstream("app-2", 443)],
    content: Fleet.application("127.0.0.1", 8080))

  private static func fleet() throws -> TestFleet {
    let fleet = try TestFleet(Fleet.inventory(hosts, [site]))
    for host in ["app-1", "app-2"] {
      let home = try fleet[host]
      let text = try String(contentsOf: home.url("nginx.conf"), encoding: .utf8)
      let http = try #require(text.hasSuffix("}") ? text.dropLast() : nil)
      try home.write("\(http)\(application(of: home.path))\n}\n", to: "nginx.conf")
    }
    return fleet
  }

  @Test("that an application has answered is never sent again", arguments: ["GET", "POST", "PUT"])
  func answered(_ method: String) throws {
    let fleet = try Self.fleet()
    let answers = try fleet.answers(
      """
      for status in 200 400 403 404 421 429 500 502 503 504; do
        visit "$status" -X \(method) -d a=b https://shop.example/$status
      done
      sort "$app/carried-out" '\(try fleet["app-2"].path)/carried-out' | uniq -c | tr -s ' '
      """)
    let statuses = [200, 400, 403, 404, 421, 429, 500, 502, 503, 504]
    let expected =
      statuses.map { "\($0): \($0)" } + statuses.map { " 1 \(method) /\($0)" }
    #expect(answers == expected.map { $0 + "\n" }.joined())
  }

  @Test(
    "that a back-end refuses because of its certificate is carried out once, by another back-end")
  func refused() throws {
    let fleet = try Self.fleet()
    let file = "current/nginx/back-end/shop.example.conf"
    let text = try String(contentsOf: try fleet["app-1"].url(file), encoding: .utf8)
    #expect(text.contains("CN=edge-1"))
    try fleet["app-1"].write(text.replacing("CN=edge-1", with: "CN=edge-9"), to: file)
    let answers = try fleet.answers(
      """
      for i in 1 2 3 4 5 6 7 8 9 10; do visit "$i" -d a=b https://shop.example/200; done
      wc -l <'\(try fleet["app-2"].path)/carried-out'
      test ! -s "$app/carried-out"
      """)
    #expect(answers == (1...10).map { "\($0): 200\n" }.joined() + "10\n")
  }
}
