import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// A front-end and back-ends that really run, in a network of their own.
///
/// app-1 is as it should be; app-2 trusts another CA; app-3 shows another CA's
/// certificate. All that is asked is asked once, by a script that prints one line for each answer.
@Suite(
  "A front-end and its back-ends",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct PairTests {
  private static let shop = Fleet.site(
    "shop.example", aliases: ["www.shop.example"], on: ["edge-1"],
    from: [Fleet.upstream("app-1", 8443)], hsts: .days(365), content: Fleet.files("/srv/shop"))
  private static let pair = Fleet.site(
    "pair.example", on: ["edge-1"],
    from: [Fleet.upstream("app-1", 8443), Fleet.upstream("app-2", 7443)],
    content: Fleet.application("127.0.0.1", 8080))
  private static let rogue = Fleet.site(
    "rogue.example", on: ["edge-1"], from: [Fleet.upstream("app-3", 6443)],
    content: Fleet.application("127.0.0.1", 8080))
  private static let inventory = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.18.0.2"), Fleet.host("app-2", [.backEnd], "198.18.0.3"),
      Fleet.host("app-3", [.backEnd], "198.18.0.4"),
      Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
    ], [pair, rogue, shop])

  private static let questions = #"""
    ask() { echo "$1: $(shift; curl -s -m 10 "$@" || echo "curl $?")"; }
    visit() { name=$1; shift; ask "$name" --cacert "$ca" -w '%{http_code}' -o /dev/null "$@"; }
    direct() { name=$1; shift; visit "$name" --resolve '*:8443:198.18.0.2' "$@"; }

    visit 'page' --resolve '*:443:198.18.0.1' https://shop.example/
    ask 'text' --cacert "$ca" --resolve '*:443:198.18.0.1' https://shop.example/
    ask 'plain' -o /dev/null -w '%{http_code} %{redirect_url}' \
      --resolve '*:80:198.18.0.1' 'http://www.shop.example/a?b=c'
    ask 'alias' --cacert "$ca" -o /dev/null -w '%{http_code} %{redirect_url}' \
      --resolve '*:443:198.18.0.1' 'https://www.shop.example/a?b=c'
    ask 'strict transport on 404' --cacert "$ca" -o /dev/null -D - \
      --resolve '*:443:198.18.0.1' https://shop.example/none | grep -i strict-transport | tr -d '\r'
    visit 'stray visitor' --resolve '*:443:198.18.0.1' https://stray.example/
    visit 'stray plain visitor' --resolve '*:80:198.18.0.1' http://stray.example/

    direct 'trusted client' --cert "$edge/current/tls/front-end.crt" \
      --key "$edge/current/tls/front-end.key" https://shop.example:8443/
    direct 'no client certificate' https://shop.example:8443/
    direct 'foreign client' --cert "$foreign.crt" --key "$foreign.key" https://shop.example:8443/
    direct 'server certificate as client' --cert "$app/current/tls/back-end.crt" \
      --key "$app/current/tls/back-end.key" https://shop.example:8443/
    direct 'unknown name' --cert "$edge/current/tls/front-end.crt" \
      --key "$edge/current/tls/front-end.key" https://stray.example:8443/

    visit 'foreign back-end' --resolve '*:443:198.18.0.1' https://rogue.example/
    posts=$(for i in 1 2 3 4 5 6 7 8; do
      visit 'x' --resolve '*:443:198.18.0.1' -d a=b https://pair.example/; done | sort | uniq -c)
    echo "posts:" $posts
    echo "open:" $(ls -l /proc/$(cat "$app/nginx.pid")/fd | grep -c "releases/7/nginx/served")
    echo "logged:" $(wc -c <"$app/releases/7/nginx/served")
    """#

  @Test("serve the right clients and refuse the others")
  func pairing() throws {
    let ca = try TestCA("Test CA")
    let foreign = try TestCA("Foreign CA")
    let hosts = try Dictionary(
      uniqueKeysWithValues: Self.inventory.hosts.map { host in
        (host.name.text, try running(host, ca: ca, foreign: foreign))
      })
    let edge = try #require(hosts["edge-1"])
    let app = try #require(hosts["app-1"])
    let foreignClient = foreign.home.url("client")
    try foreign.issue("clientAuth", "edge-1", names: ["edge-1.test"], to: foreignClient)
    try app.write("the shop\n", to: "srv/shop/index.html")

    let starts = hosts.keys.sorted().compactMap { hosts[$0]?.path }
      .map { "nginx -c '\($0)/nginx.conf'" }.joined(separator: "\n")
    let script = """
      ip link set lo up
      for last in 1 2 3 4; do ip address add 198.18.0.$last/32 dev lo; done
      \(starts)
      edge='\(edge.path)' app='\(app.path)' ca='\(ca.certificate)'
      foreign='\(foreignClient.path(percentEncoded: false))'
      \(Self.questions)
      """
    try app.write(script, to: "questions.sh")
    let answers = try Command(
      "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu",
      app.url("questions.sh").path(percentEncoded: false))

    #expect(
      answers.output == """
        page: 200
        text: the shop
        plain: 301 https://shop.example/a?b=c
        alias: 301 https://shop.example/a?b=c
        strict-transport-security: max-age=31536000
        stray visitor: 000curl 35
        stray plain visitor: 421
        trusted client: 200
        no client certificate: 000curl 92
        foreign client: 000curl 92
        server certificate as client: 000curl 92
        unknown name: 000curl 35
        foreign back-end: 502
        posts: 8 x: 200
        open: 1
        logged: 0

        """)
    #expect(try app.log("shop.example.back-end.access.log").contains("\"CN=edge-1\" 198.18.0.1"))
    #expect(try edge.log("rogue.example.front-end.error.log").contains("certificate verify error"))
  }

  private func running(
    _ host: Inventories.Host, ca: TestCA, foreign: TestCA
  ) throws -> NginxHost {
    let home = try NginxHost()
    let installed = try #require(Version(try Command("nginx", "-v").output))
    let files = configuration(for: host, in: Self.inventory, nginx: installed)
    let application = "server { listen 127.0.0.1:8080; return 200; }"
    try home.install(files, http: host.name.text == "app-1" ? application : "")
    try home.install(
      certificates: host.name.text == "app-3" ? foreign : ca,
      trusting: host.name.text == "app-2" ? foreign : ca, Self.inventory.sites)
    return home
  }
}
