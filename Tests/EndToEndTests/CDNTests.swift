import Foundation
import TestSupport
import Testing

/// Every run is of the real program, in a folder of its own with the demo's inventory.
@Suite("deploy cdn")
struct CDNTests {
  private final class Place {
    let folder = NSTemporaryDirectory() + "deploy-cdn-\(UUID().uuidString)"

    init() throws {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false)
      let demo = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Inventories/demo.yml")
      try write(
        String(contentsOf: demo, encoding: .utf8)
          .replacing("hsts:", with: "cdn: cloudflare\n    hsts:"), to: "shop.yml")
    }

    deinit {
      do { try FileManager.default.removeItem(atPath: folder) } catch { print(folder, error) }
    }

    func write(_ text: String, to name: String) throws {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    func read(_ name: String) throws -> String {
      try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
      let run = try ProgramRun(
        [program] + arguments,
        environment: ["NO_COLOR": "1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], in: folder)
      return (run.status, run.output)
    }

    func update(_ source: String, _ more: String...) throws -> (status: Int32, output: String) {
      try run(
        "/usr/bin/env", Scene.program, "cdn", "update", "-i", "shop.yml", source,
        more.first ?? "--network=cloudflare")
    }
  }

  /// Like Cloudflare's list, with one range more and one less.
  private static let list = """
    103.21.244.0/22
    104.16.0.0/13
    104.24.0.0/14
    162.158.0.0/15
    172.64.0.0/13
    9.9.9.0/24
    2400:cb00::/32
    2606:4700::/32
    2803:f800::/32
    2405:b500::/32
    2405:8100::/32
    2a06:98c0::/29

    """

  @Test("takes a file, says what changes, and uses it from then on")
  func file() throws {
    let place = try Place()
    try place.write(Self.list, to: "list")
    let first = try place.update("list")
    #expect(first.status == 0, "\(first.output)")
    #expect(first.output.contains("shop.cloudflare.txt: 12 ranges of cloudflare"))
    #expect(first.output.contains("\n  + 9.9.9.0/24\n"))
    #expect(first.output.contains("\n  - 2c0f:f248::/32\n"))
    let again = try place.update("list")
    #expect(again.output.contains("  no changes since "))
    let shown = try place.run(Scene.program, "cdn", "show", "-i", "shop.yml")
    #expect(shown.output.contains("  9.9.9.0/24\n"), "\(shown.output)")
    #expect(!shown.output.contains("2c0f:f248::/32"))
  }

  @Test(
    "refuses a text that cannot be the network's list, and keeps the old one",
    arguments: [
      ("", "it has no address range"), ("<html>", "line 1 is not an address range"),
      ("0.0.0.0/0", "too large for one network"), ("10.0.0.0/8", "is private"),
      ("9.9.9.0/24", "it has less than half of the current IPv4 addresses"),
    ])
  func refused(_ text: String, _ why: String) throws {
    let place = try Place()
    try place.write(Self.list, to: "list")
    #expect(try place.update("list").status == 0)
    let kept = try place.read("shop.cloudflare.txt")
    try place.write(text, to: "bad")
    let result = try place.update("bad")
    #expect(result.status == 1)
    #expect(result.output.contains(why), "\(result.output)")
    #expect(try place.read("shop.cloudflare.txt") == kept)
  }

  @Test("accepts a list of another size with an option")
  func anySize() throws {
    let place = try Place()
    try place.write("9.9.9.0/24\n", to: "small")
    #expect(try place.update("small", "--any-size").status == 0)
    #expect(try place.read("shop.cloudflare.txt").hasSuffix("\n9.9.9.0/24\n"))
  }

  @Test("refuses ranges that were changed by hand in a way that it would not accept")
  func changedByHand() throws {
    let place = try Place()
    try place.write("# Published on 2026-11-01\n0.0.0.0/0\n", to: "shop.cloudflare.txt")
    let result = try place.run(Scene.program, "check", "-i", "shop.yml")
    #expect(result.status == 65)
    #expect(
      result.output.contains("shop.cloudflare.txt: line 2, 0.0.0.0/0, is too large"),
      "\(result.output)")
  }

  /// nginx plays the network's own server, on a separate network of the test.
  @Test(
    "downloads over https, or over http only from the controller",
    .requires(isRoot, "namespaces need root"))
  func download() throws {
    let place = try Place()
    try place.write(Self.list, to: "list")
    try place.write(
      """
      pid \(place.folder)/pid; events {}
      http { access_log off; server { listen 127.0.0.1:8099;
        location /list { alias \(place.folder)/list; }
        location /away { return 302 http://192.0.2.1/list; } } }
      """, to: "nginx.conf")
    let script = """
      ip link set lo up; nginx -e "$PWD/error.log" -c "$PWD/nginx.conf"
      for url in http://127.0.0.1:8099/list http://127.0.0.1:8099/none http://127.0.0.1:8099/away \
        http://127.0.0.1.example/list http://cdn.example/list ftp://127.0.0.1/list; do
        "\(Scene.program)" cdn update -i shop.yml "$url" >said 2>&1 && status=0 || status=$?
        echo "$status $(head -n 1 said)"
      done
      """
    let result = try place.run(
      "/usr/bin/unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
      "sh", "-euc", script)
    let lines = result.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 6, "\(result.output)")
    #expect(lines[0].hasPrefix("0 shop.cloudflare.txt: 12 ranges"))
    #expect(
      lines[1].hasPrefix("1 deploy: could not download http://127.0.0.1:8099/none: curl: (22)"))
    #expect(
      lines[2].hasPrefix("1 deploy: could not download http://127.0.0.1:8099/away: curl: (1)"))
    for line in lines[3...] {
      #expect(line.hasPrefix("64 deploy: ") && line.contains("changed in transit"), "\(line)")
    }
  }
}
