import Diagnostics
import Fleet
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

  @Test("is for the host itself, and refused to all others")
  func local() throws {
    let answers = try TestFleet(inventory("{port: 9180}")).answers(Self.questions)
    #expect(
      answers == """
        edge-1: Activeconnections:
        edge-1 other: 404
        app-1: Activeconnections:
        app-1 other: 404
        allowed: 403
        visitor: 403

        """)
  }

  @Test("is for others after a reload, and no longer after another one", arguments: [true, false])
  func reload(isAdded: Bool) throws {
    let inventories = try [
      inventory("{port: 9180}"), inventory("{port: 9180, allow: [198.18.0.21]}"),
    ]
    let (old, new) = isAdded ? (inventories[0], inventories[1]) : (inventories[1], inventories[0])
    let fleet = try TestFleet(old)
    let host = try #require(new.hosts.first { $0.name.text == "edge-1" })
    let nginx = try #require(Version(try Command("nginx", "-v").output))
    let edge = try fleet["edge-1"]
    let main = try #require(
      configuration(for: host, in: new, nginx: nginx).first { $0.path == .main })
    try edge.write(edge.moved(main.text), to: "new.conf")
    let answers = try fleet.answers(
      #"""
      code() {
        on app-1 curl -s -o /dev/null -w '%{http_code}' http://198.18.0.1:9180/stub_status || true
      }
      answers() { [ "$(code)" = "$1" ]; }
      echo "before: $(code)"
      cp "$edge/new.conf" "$edge/current/nginx/deploy.conf"
      on edge-1 nginx -c "$edge/nginx.conf" -s reload 2>/dev/null
      # An old worker may still answer after a new one has.
      until_done answers \#(isAdded ? 200 : 403)
      echo done
      """#)
    #expect(answers == "before: \(isAdded ? 403 : 200)\ndone\n")
  }

  @Test("is also for addresses that the inventory names, and refused to all others")
  func allowed() throws {
    let answers = try TestFleet(inventory("{port: 9180, allow: [198.18.0.21]}"))
      .answers(Self.questions)
    #expect(answers.contains("edge-1: Activeconnections:\n"))
    #expect(answers.hasSuffix("allowed: 200\nvisitor: 403\n"), "\(answers)")
  }
}
