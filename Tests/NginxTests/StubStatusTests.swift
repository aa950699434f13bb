import Diagnostics
import Inventories
import TestSupport
import Testing

@testable import Nginx

@Suite(
  "What nginx reports for exporters",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct StubStatusTests {
  private func inventory(_ status: String) throws -> Inventory {
    let text = """
      fleet: shop
      ca: {name: Shop CA, passphrase: {env: X}}
      front_ends: {edge-1: {address: 198.18.0.1}}
      back_ends: {app-1: {address: 198.18.0.21}}
      stub_status: \(status)
      sites:
        shop.example:
          front_ends: all
          back_ends: all
          certificate: {ca: true}
          back_end: {root: /srv/shop}

      """
    return try #require(Inventory.read(SourceText(file: "i.yml", text: text)).inventory)
  }

  private static let questions = #"""
    for host in edge-1 app-1; do
      echo "$host: $(on $host curl -s http://127.0.0.1:9180/stub_status | head -n 1 | tr -d '0-9 ')"
      echo "$host other: $(on $host curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9180/)"
    done
    echo "allowed: $(on app-1 curl -s -o /dev/null -w '%{http_code}' http://198.18.0.1:9180/stub_status || true)"
    echo "visitor: $(curl -s -m 5 -o /dev/null -w '%{http_code}' http://198.18.0.1:9180/stub_status || true)"
    """#

  @Test("is for the host itself, on its own address")
  func local() throws {
    let answers = try TestFleet(inventory("{port: 9180}")).answers(Self.questions)
    #expect(
      answers == """
        edge-1: Activeconnections:
        edge-1 other: 404
        app-1: Activeconnections:
        app-1 other: 404
        allowed: 000
        visitor: 000

        """)
  }

  @Test("is also for addresses that the inventory names, and refused to all others")
  func allowed() throws {
    let answers = try TestFleet(inventory("{port: 9180, allow: [198.18.0.21]}"))
      .answers(Self.questions)
    #expect(answers.contains("edge-1: Activeconnections:\n"))
    #expect(answers.hasSuffix("allowed: 200\nvisitor: 403\n"), "\(answers)")
  }
}
