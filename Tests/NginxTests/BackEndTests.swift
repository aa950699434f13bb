import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

private let hosts = [
  Fleet.host("app-1", [.backEnd], "198.18.0.2"), Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
]

/// The lines of the reference setup (6) and what its readers need besides, on a running nginx.
@Suite(
  "A back-end", .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"),
  .serialized)
struct BackEndTests {
  @Test(
    "serves several sites on one port, each only by its name, and logs the front-end and the visitor"
  )
  func names() throws {
    let sites = ["one", "two"].map { name in
      Fleet.site(
        "\(name).example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
        content: Fleet.files("/srv/\(name)"))
    }
    let fleet = try TestFleet(Fleet.inventory(hosts, sites))
    for name in ["one", "two"] {
      try fleet["app-1"].write("\(name)\n", to: "srv/\(name)/index.html")
    }
    let answers = try fleet.answers(
      #"""
      direct() { name=$1; shift; ask "$name" --cacert "$ca" --resolve '*:443:198.18.0.2' \
        --cert "$edge/current/tls/front-end.crt" --key "$edge/current/tls/front-end.key" "$@"; }
      read_it 'one' https://one.example/
      read_it 'two' https://two.example/
      direct 'one itself' https://one.example/
      direct 'unknown' https://three.example/
      direct 'other by one' -o /dev/null -w '%{http_code}' -H 'Host: two.example' https://one.example/
      direct 'unknown by one' -o /dev/null -w '%{http_code}' -H 'Host: three.example' https://one.example/
      direct 'default by one' -o /dev/null -w '%{http_code}' -H 'Host: deploy.invalid' https://one.example/
      direct 'depth' -o /dev/null -w '%{http_version}' https://one.example/
      head -n 1 "$app/log/two.example.back-end.access.log" | grep -o '"CN=edge-1" 198.18.0.100$'
      """#)
    #expect(
      answers == """
        one: one
        two: two
        one itself: one
        unknown: curl 35
        other by one: 421
        unknown by one: 421
        default by one: 421
        depth: 2
        "CN=edge-1" 198.18.0.100

        """)
  }

  @Test("passes requests to FastCGI, never sends its code, and serves other files directly")
  func fastCGI() throws {
    let socket = LocalApplication.unix(Fleet.valid("/run/fastcgi.sock"))
    let whole = Fleet.site(
      "whole.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: .fastCGI(socket, root: nil, index: .phpIndex))
    let mixed = Fleet.site(
      "mixed.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: .fastCGI(socket, root: Fleet.valid("/srv/mixed"), index: .phpIndex))
    let fleet = try TestFleet(Fleet.inventory(hosts, [mixed, whole]))
    let app = try fleet["app-1"]
    try app.write("<?php secret\n", to: "srv/mixed/index.php")
    try app.write("<?php secret\n", to: "srv/mixed/other.php")
    try app.write("text\n", to: "srv/mixed/read.txt")
    let answers = try fleet.answers(
      #"""
      python3 "$programs/applications.py" fastcgi "$app/run/fastcgi.sock" &
      until_done test -S "$app/run/fastcgi.sock"
      told() { read_it "$@" | grep -x 'SCRIPT.*\|PATH_INFO.*\|REMOTE.*\|QUERY.*\|HTTP_PROXY.*\|SERVER_[NP].*\|HTTPS.*' |
        sed "s#$app##" | tr '\n' ' '; echo; }
      told 'x' 'https://whole.example/a/b?c=d' -H 'Proxy: http://evil'
      told 'x' 'https://mixed.example/none?c=d'
      told 'x' 'https://mixed.example/other.php'
      read_it 'text' https://mixed.example/read.txt
      visit 'no script' https://mixed.example/read.txt/x.php
      """#)
    let usual = "HTTPS=on"
    let server =
      "REMOTE_ADDR=198.18.0.100 SCRIPT_FILENAME=/srv/mixed/%.php SCRIPT_NAME=/%.php "
      + "SERVER_NAME=mixed.example SERVER_PORT=443 SERVER_PROTOCOL=HTTP/1.1"
    func script(_ name: String) -> String { server.replacing("%", with: name) }
    #expect(
      answers == """
        \(usual) PATH_INFO=/a/b QUERY_STRING=c=d REMOTE_ADDR=198.18.0.100 SCRIPT_NAME= \
        SERVER_NAME=whole.example SERVER_PORT=443 SERVER_PROTOCOL=HTTP/1.1\u{20}
        \(usual) QUERY_STRING=c=d \(script("index"))\u{20}
        \(usual) QUERY_STRING= \(script("other"))\u{20}
        text: text
        no script: 404

        """)
  }
}
