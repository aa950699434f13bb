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

/// The lines of the reference setup (7, 8, 11) and what its readers need besides, on a running nginx.
@Suite(
  "A front-end", .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"),
  .serialized)
struct FrontEndTests {
  @Test("answers only clients with the network's certificate, if origin pulls are authenticated")
  func originPulls() throws {
    let pulled = Fleet.site(
      "pulled.example", aliases: ["www.pulled.example"], on: ["edge-1"],
      from: [Fleet.upstream("app-1", 443)], content: Fleet.files("/srv/pulled"),
      originPulls: "pulls.pem", stapling: Fleet.stapling(by: "198.18.0.53"))
    let plain = Fleet.site(
      "plain.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: Fleet.files("/srv/plain"))
    let fleet = try TestFleet(
      Fleet.inventory(hosts, [plain, pulled]), responder: "http://127.0.0.1:2560/")
    let edge = try fleet["edge-1"]
    for site in ["pulled", "plain"] {
      try fleet["app-1"].write("\(site)\n", to: "srv/\(site)/index.html")
    }
    // The network's CA is neither the fleet's nor that of the front-end's own certificate.
    let pulls = edge.url("current/tls/origin-pulls/pulled.example.crt")
    try FileManager.default.removeItem(at: pulls)
    try FileManager.default.copyItem(atPath: fleet.foreign.certificate, toPath: pulls.path())
    try fleet.foreign.issue("clientAuth", "cdn", names: ["cdn.test"], to: edge.url("cdn"))
    try fleet.ca.issue("clientAuth", "own", names: ["own.test"], to: edge.url("own"))
    let leaf = edge.url("current/tls/sites/pulled.example.crt")
    let chain = try [leaf.path(), fleet.ca.certificate].map {
      try String(contentsOfFile: $0, encoding: .utf8)
    }
    try Data(chain.joined().utf8).write(to: leaf)
    let answers = try fleet.answers(
      #"""
      show() { echo --cert "$edge/$1.crt" --key "$edge/$1.key"; }
      visit 'network' $(show cdn) https://pulled.example/
      visit stranger https://pulled.example/
      visit 'fleet' $(show own) https://pulled.example/
      visit 'alias without' https://www.pulled.example/
      visit 'alias with' $(show cdn) https://www.pulled.example/
      visit 'other site' https://plain.example/
      visit 'by way of the other site' -H 'Host: pulled.example' https://plain.example/
      visit 'by its default' -H 'Host: deploy.invalid' https://plain.example/
      ask 'network at the back-end' --cacert "$ca" -o /dev/null -w '%{http_code}' $(show cdn) \
        --resolve '*:443:198.18.0.2' https://pulled.example/
      for name in plain pulled; do
        openssl s_client -connect 198.18.0.1:443 -servername $name.example -tls1_2 $(
          echo -cert "$edge/cdn.crt" -key "$edge/cdn.key") -sess_out "$edge/$name.session" \
          </dev/null >/dev/null 2>&1
        openssl s_client -connect 198.18.0.1:443 -servername pulled.example -tls1_2 \
          -sess_in "$edge/$name.session" </dev/null 2>&1 | grep -o '^Reused\|^New' || echo none
      done
      """#)
    #expect(
      answers == """
        network: 200
        stranger: 400
        fleet: 400
        alias without: 400
        alias with: 301
        other site: 200
        by way of the other site: 421
        by its default: 421
        network at the back-end: 000curl 92
        New
        New

        """)
  }

  @Test("takes a visitor's address only from the network in front of it")
  func realAddress() throws {
    let site = Fleet.site(
      "shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: Fleet.application("127.0.0.1", 8080),
      network: Fleet.network("198.18.1.0/24", header: "X-Client"))
    let application = """
      server { listen 127.0.0.1:8080;
        location / { return 200 "$http_x_real_ip $http_x_forwarded_for $http_host\\n"; } }
      """
    let fleet = try TestFleet(
      Fleet.inventory(hosts, [site]), http: ["app-1": application])
    let answers = try fleet.answers(
      #"""
      ip address add 198.18.1.7/15 dev net; ip address add 198.18.2.7/15 dev net
      read_it 'through it' --interface 198.18.1.7 -H 'X-Client: 192.0.2.9' https://shop.example/
      read_it 'past it' --interface 198.18.2.7 -H 'X-Client: 192.0.2.9' https://shop.example/
      read_it 'other header' --interface 198.18.1.7 -H 'X-Real-IP: 192.0.2.9' https://shop.example/
      curl -s -o /dev/null --interface 198.18.1.7 -H 'X-Client: 192.0.2.8' \
        --resolve '*:80:198.18.0.1' http://shop.example/
      cut -d ' ' -f 1 "$edge/log/shop.example.front-end.access.log"
      """#)
    #expect(
      answers == """
        through it: 192.0.2.9 192.0.2.9 shop.example
        past it: 198.18.2.7 198.18.2.7 shop.example
        other header: 198.18.1.7 198.18.1.7 shop.example
        192.0.2.9
        198.18.2.7
        198.18.1.7
        192.0.2.8

        """)
  }

  @Test("passes WebSockets if they are enabled, sends headers, and limits bodies")
  func requests() throws {
    let chat = Fleet.site(
      "chat.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)], hsts: .days(365),
      content: .proxy(.unix(Fleet.valid("/run/echo.sock"))),
      requests: RequestPolicy(
        maxBodySize: Fleet.valid("2k"), webSockets: true,
        headers: [
          Fleet.header("Content-Security-Policy", "default-src 'self'; img-src \"*\""),
          Fleet.header("X-Frame-Options", "DENY"),
        ]))
    let quiet = Fleet.site(
      "quiet.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: .proxy(.unix(Fleet.valid("/run/echo.sock"))))
    let fleet = try TestFleet(Fleet.inventory(hosts, [chat, quiet]))
    let answers = try fleet.answers(
      #"""
      python3 "$programs/applications.py" echo "$app/run/echo.sock" &
      until_done test -S "$app/run/echo.sock"
      python3 "$programs/applications.py" shake 198.18.0.1 443 chat.example "$ca"
      read_it 'plain' https://chat.example/
      read_it 'other upgrade' --http1.1 -H 'Upgrade: h2c' -H 'Connection: upgrade' https://chat.example/
      read_it 'not wanted' --http1.1 -H 'Upgrade: websocket' -H 'Connection: upgrade' \
        https://quiet.example/
      read_it 'headers' -o /dev/null -D - https://chat.example/ | tr -d '\r' |
        grep -i 'frame\|security'
      head -c 3000 /dev/zero >"$edge/body"
      visit 'large body' --data-binary "@$edge/body" https://chat.example/
      visit 'small body' --data-binary a https://chat.example/
      """#)
    #expect(
      answers == """
        HTTP/1.1 101 Switching Protocols word
        plain: no upgrade, connection None
        other upgrade: no upgrade, connection None
        not wanted: no upgrade, connection close
        strict-transport-security: max-age=31536000
        content-security-policy: default-src 'self'; img-src "*"
        x-frame-options: DENY
        large body: 413
        small body: 200

        """)
  }

  @Test("uses a backup only if the others fail, and back-ends by weight")
  func upstreams() throws {
    let weighed = Fleet.site(
      "weighed.example", on: ["edge-1"],
      from: [Fleet.upstream("app-1", 443, weight: 3), Fleet.upstream("app-2", 443)],
      content: Fleet.application("127.0.0.1", 8080))
    let backed = Fleet.site(
      "backed.example", on: ["edge-1"],
      from: [
        Fleet.upstream("app-1", 8443, maxFails: 1), Fleet.upstream("app-2", 8443, isBackup: true),
      ],
      content: Fleet.application("127.0.0.1", 8080))
    func application(_ name: String) -> String {
      "server { listen 127.0.0.1:8080; return 200 '\(name)\\n'; }"
    }
    let fleet = try TestFleet(
      Fleet.inventory(hosts, [backed, weighed]),
      http: ["app-1": application("app-1"), "app-2": application("app-2")])
    let answers = try fleet.answers(
      #"""
      count() {
        for i in 1 2 3 4 5 6 7 8; do
          curl -s -m 10 --cacert "$ca" --resolve '*:443:198.18.0.1' "https://$1/"
        done | sort | uniq -c | tr -s '\n ' ' '
      }
      echo "weighed:$(count weighed.example)"
      echo "backed:$(count backed.example)"
      kill "$(cat "$app/nginx.pid")"
      until_done test ! -e "$app/nginx.pid"
      echo "backed without app-1:$(count backed.example)"
      """#)
    #expect(
      answers == """
        weighed: 6 app-1 2 app-2\u{20}
        backed: 8 app-1\u{20}
        backed without app-1: 8 app-2\u{20}

        """)
  }

  @Test("tries back-ends again that have all failed, each of them once for a request")
  func failedBackEnds() throws {
    let sites = [
      ("pair.example", 443, false), ("backed.example", 8443, true),
    ].map { domain, port, isBackup in
      Fleet.site(
        domain, on: ["edge-1"],
        from: [
          Fleet.upstream("app-1", port), Fleet.upstream("app-2", port, isBackup: isBackup),
        ], content: Fleet.application("127.0.0.1", 8080),
        snippets: Snippets(frontEnd: nil, backEnd: Fleet.file("cut.conf")))
    }
    let application = "server { listen 127.0.0.1:8080; return 200; }"
    let fleet = try TestFleet(
      Fleet.inventory(hosts, sites), http: ["app-1": application, "app-2": application])
    for site in sites {
      for host in ["app-1", "app-2"] {
        try fleet[host].write(
          "location = /cut { return 444; }\n",
          to: "current/nginx/snippets/back-end/\(site.domain).conf")
      }
    }
    let answers = try fleet.answers(
      #"""
      for site in pair.example backed.example; do
        echo "$site:" $(for path in cut 1 2 3; do
          curl -s -m 10 -o /dev/null -w '%{http_code} ' --cacert "$ca" \
            --resolve '*:443:198.18.0.1' "https://$site/$path"
        done)
      done
      """#)
    #expect(answers == "pair.example: 502 200 200 200\nbacked.example: 502 200 200 200\n")
    for site in sites {
      for host in ["app-1", "app-2"] {
        let log = try fleet[host].log("\(site.domain).back-end.access.log")
        #expect(log.split(separator: "\n").count { $0.contains("GET /cut") } == 1, "\(log)")
      }
    }
  }

  @Test("staples the response of its certificate's responder, which it finds by name")
  func stapling() throws {
    let site = Fleet.site(
      "shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
      content: Fleet.files("/srv/shop"), stapling: Fleet.stapling(by: "198.18.0.53"))
    let fleet = try TestFleet(
      Fleet.inventory(hosts, [site]), responder: "http://ocsp.test:2560/")
    // As long as the name has no address, nginx staples nothing and logs that.
    let answers = try fleet.answers(
      #"""
      ip address add 198.18.0.53/15 dev net
      python3 "$programs/applications.py" names 198.18.0.53 &
      echo nameserver 198.18.0.53 >"$edge/resolv.conf"
      mount --bind "$edge/resolv.conf" "$(readlink -f /etc/resolv.conf)"
      until_done getent hosts ocsp.test
      serial=$(openssl x509 -noout -serial -in "$edge/current/tls/sites/shop.example.crt")
      printf 'V\t401231235959Z\t\t%s\tunknown\t/CN=site\n' "${serial#serial=}" >"$signer/index"
      on edge-1 openssl ocsp -port 2560 -index "$signer/index" -CA "$ca" -rsigner "$ca" \
        -rkey "$signer/ca.key" >/dev/null 2>&1 &
      # nginx asks the system for the name when it starts, and then the resolver.
      kill "$(cat "$edge/nginx.pid")"
      until_done test ! -e "$edge/nginx.pid"
      on edge-1 nginx -c "$edge/nginx.conf"
      cat >"$edge/staple" <<'END'
      openssl s_client -connect 198.18.0.1:443 -servername shop.example -status </dev/null 2>&1
      END
      until_done sh -c "sh '$edge/staple' | grep -q 'OCSP Response Status: successful'"
      sh "$edge/staple" | grep -o 'Cert Status: good'
      """#)
    #expect(
      answers.split(separator: "\n").filter { !$0.contains("host not found in OCSP responder") }
        == ["Cert Status: good"])
  }
}
