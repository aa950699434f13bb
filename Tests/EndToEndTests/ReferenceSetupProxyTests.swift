import Foundation
import Sandbox
import Testing

/// Line 8 and what readers of the reference setup need beside it: how requests are passed on.
extension ReferenceSetupTests {
  @Test("8. The application sees the visitor's address, the requested name and the protocol")
  func headers() async throws {
    let told = try await visitor(
      """
      visit app.example/a -H 'X-Real-IP: 192.0.2.1' -H 'X-Forwarded-Proto: http' \
        -H 'X-Forwarded-For: 192.0.2.1' | sed 1d | grep -vE '^(accept|user-agent)'
      visit app.example/ -o /dev/null -D - | tr -d '\\r' | grep -i '^x-frame'
      """)
    #expect(
      told == """
        GET /a HTTP/1.1
        host: app.example
        x-forwarded-for: 192.0.2.1, 198.18.255.254
        x-forwarded-proto: https
        x-real-ip: 198.18.255.254
        x-frame-options: DENY

        """)
  }

  @Test(
    "8. Behind a content network the application sees the visitor, and no one can pretend to be one"
  )
  func realAddress() async throws {
    let told = try await scene.must(
      """
      read_it() {
        curl -sSk -m 10 --cert /etc/ssl/cdn.crt --key /etc/ssl/cdn.key \
          --resolve '*:443:198.18.0.11' "$@" https://pulled.example/ | grep -E '^x-(real|forw.*for)'
      }
      read_it -H 'X-Visitor: 192.0.2.9'
      read_it -H 'X-Real-IP: 192.0.2.8'
      """, on: "network")
    #expect(
      told == """
        x-forwarded-for: 192.0.2.9
        x-real-ip: 192.0.2.9
        x-forwarded-for: 198.18.64.7
        x-real-ip: 198.18.64.7

        """)
    // edge-1 is behind no network.
    let pretended = try await visitor(
      "visit app.example/ -H 'X-Visitor: 192.0.2.9' | grep '^x-real'")
    #expect(pretended == "x-real-ip: 198.18.255.254\n")
  }

  @Test(
    "8. A back-end with a certificate of another CA is not used until apply repairs it")
  func foreignServer() async throws {
    let scene = try scene
    try await scene.must(
      """
      cd /etc/deploy/current/tls
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=app-2 \
        -addext 'subjectAltName=DNS:app-2,DNS:shop.example,DNS:app.example' \
        -keyout back-end.key -out back-end.crt 2>/dev/null
      nginx -s reload
      served() {
        openssl s_client -connect 127.0.0.1:443 -servername shop.example </dev/null 2>/dev/null |
          openssl x509 -noout -issuer
      }
      for try in $(seq 200); do [ "$(served)" = 'issuer=CN = app-2' ] && exit; sleep 0.05; done
      exit 1
      """, on: "app-2")
    let asking = "for try in $(seq 12); do visit shop.example/; done | sort | uniq -c | tr -s ' '"
    #expect(
      try await visitor(asking, trusting: Self.publicCA) == " 12 shop app-1\n")
    let log = try await scene.must(
      "grep -c 'upstream SSL certificate verify error' /var/log/nginx/shop.example.front-end.error.log",
      on: "edge-1")
    #expect(log != "0\n")
    let plan = try await scene.succeed("plan")
    #expect(plan.stdout.contains("tls/back-end.crt was changed on the host"), "\(plan.all)")
    try await scene.apply()
    // It is asked again when nginx has forgiven it, ten seconds after it failed.
    let both = try await visitor(
      """
      for try in $(seq 200); do
        visit shop.example/ >"$folder/answer"
        ! grep -qx 'shop app-2' "$folder/answer" || break
        sleep 0.1
      done
      cat "$folder/answer"
      """, trusting: Self.publicCA)
    #expect(both == "shop app-2\n")
    try await scene.expectNoChanges()
  }

  @Test(
    "WebSockets pass both nginx, FastCGI reaches an application, files next to it are served")
  func applications() async throws {
    let scene = try scene
    let programs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Programs/applications.py").path
    let told = try await visitor(
      """
      python3 '\(programs)' shake 198.18.0.10 443 app.example "$folder/$ca"
      visit php.example/style.css
      visit 'php.example/a/b?c=d' -d e=f |
        grep -E '^(REMOTE_ADDR|REQUEST_METHOD|REQUEST_URI|QUERY_STRING|CONTENT_LENGTH|SCRIPT|SERVER_N|HTTPS)'
      """)
    #expect(
      told == """
        HTTP/1.1 101 Switching Protocols word
        style app-1
        CONTENT_LENGTH=3
        HTTPS=on
        QUERY_STRING=c=d
        REMOTE_ADDR=198.18.255.254
        REQUEST_METHOD=POST
        REQUEST_URI=/a/b?c=d
        SCRIPT_FILENAME=/srv/php/index.php
        SCRIPT_NAME=/index.php
        SERVER_NAME=php.example

        """)
    #expect(!scene.folder.isEmpty)
  }

  @Test("Connections to back-ends are kept for further requests")
  func keepalive() async throws {
    let told = try await visitor(
      """
      for try in $(seq 40); do visit shop.example/ -o /dev/null -D -; done | tr -d '\\r' |
        grep -i '^x-connection' >"$folder/connections"
      wc -l <"$folder/connections"
      sort -u "$folder/connections" | wc -l
      """, trusting: Self.publicCA)
    let counts = told.split(separator: "\n").compactMap { Int($0) }
    // Each worker of the front-end has connections of its own, and there may be one for each processor.
    #expect(counts.first == 40)
    #expect((counts.last ?? 40) < 40, "\(counts)")
  }

  @Test("Back-ends are used by weight, and a backup only if no other answers")
  func weights() async throws {
    let counted = """
      count() { for try in $(seq ${2:-16}); do visit "$1"; done | grep -oE 'app-[12]' | sort | uniq -c | tr -s ' '; }

      """
    // The application is that of the back-end whose name it says.
    let told = try await visitor(counted + "count app.example/ 64")
    let counts = told.split { !$0.isNumber }.compactMap { Int($0) }
    // Each worker of the front-end counts separately, and may be in the middle: 48 and 16 more or less.
    #expect(
      counts.count == 4 && (40...56).contains(counts[0]) && counts[0] + counts[2] == 64, "\(told)")
    #expect(try await visitor(counted + "count php.example/style.css") == " 16 app-1\n")
    // Until it has ended, it may take one more request.
    try await scene.must(
      "nginx -s quit; while [ -e /run/nginx.pid ]; do sleep 0.05; done", on: "app-1")
    let without = try await visitor(counted + "count php.example/style.css")
    #expect(without == " 16 app-2\n")
    // It runs again, and is asked again once it is forgiven.
    try await scene.must("nginx", on: "app-1")
    try await scene.expectNoChanges()
    let again = try await visitor(
      """
      for try in $(seq 200); do
        visit php.example/style.css >"$folder/answer"
        ! grep -qx 'style app-1' "$folder/answer" || break
        sleep 0.1
      done
      cat "$folder/answer"
      """)
    #expect(again == "style app-1\n")
  }
}
