import Foundation
import Sandbox
import Testing

/// Lines 6 and 7: how nginx serves visitors and back-ends, and what it refuses.
extension ReferenceSetupTests {
  @Test(
    "6. A back-end speaks TLS and HTTP/2 only with front-ends that have a certificate of the CA")
  func backEnd() async throws {
    let told = try await frontEnd(
      """
      mine='-cert front-end.crt -key front-end.key'
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=edge-1 \
        -keyout /tmp/foreign.key -out /tmp/foreign.crt 2>/dev/null
      say() { echo "$1: $(shift; ask -o /dev/null -w '%{http_code} %{http_version}' "$@" || true)"; }
      say 'own' $own https://shop.example/
      say 'none' https://shop.example/
      say 'foreign' --cert /tmp/foreign.crt --key /tmp/foreign.key https://shop.example/
      say 'unknown name' $own -k https://other.example/ 2>/dev/null
      say 'in the clear' $own -H 'Host: shop.example' http://198.18.0.21:443/
      echo "page: $(ask $own https://shop.example/)"
      echo "old TLS: $(hello $mine -servername shop.example -tls1_1 -cipher ALL:@SECLEVEL=0 |
        grep -cE 'alert|error')"
      for version in 1.2 1.3; do
        say "TLS $version" $own --tlsv$version --tls-max $version https://shop.example/
        rm -f /tmp/session
        tls="$mine -servername shop.example -tls$(echo $version | tr . _)"
        hello $tls -sess_out /tmp/session >/dev/null
        # With TLS 1.3 a session may come after the end of this, or never.
        [ $version = 1.3 ] || test -s /tmp/session
        if [ -s /tmp/session ]; then tls="$tls -sess_in /tmp/session"; fi
        hello $tls | grep -o '^Reused' || echo 'not resumed'
      done
      """)
    #expect(
      told == """
        own: 200 2
        none: 000 0
        foreign: 000 0
        unknown name: 000 0
        in the clear: 400 1.1
        page: shop app-1
        old TLS: 1
        TLS 1.2: 200 2
        not resumed
        TLS 1.3: 200 2
        not resumed

        """)
    let logged = try await scene.must(
      #"""
      cd /var/log/nginx
      grep -c '"GET / HTTP/2.0" 200 11 .* "CN=edge-1" -$' shop.example.back-end.access.log
      # nginx logs its own 400 for a refused certificate, and by its size that none was sent.
      sed -nE 's/.*"GET .* HTTP\/2.0" (4.*) "-" ".*" (".*" .*)/\1 \2/p' shop.example.back-end.access.log
      ls shop.example.back-end.error.log
      """#, on: "app-1")
    #expect(
      logged == """
        4
        400 0 "-" -
        400 0 "CN=edge-1" -
        shop.example.back-end.error.log

        """, "who asked is in the log")
  }

  @Test(
    "6. A certificate signed with another certificate of the CA is not trusted: the depth is one")
  func depth() async throws {
    let scene = try scene
    // Who has a leaf's key signs with it; the verification must not take the leaf for a CA.
    let told = try await frontEnd(
      """
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=edge-1 \
        -keyout /tmp/below.key -out /tmp/below.csr 2>/dev/null
      echo extendedKeyUsage=clientAuth >/tmp/extensions
      openssl x509 -req -in /tmp/below.csr -CA front-end.crt -CAkey front-end.key -days 2 \
        -CAcreateserial -CAserial /tmp/serial -extfile /tmp/extensions -out /tmp/below.crt 2>/dev/null
      cat front-end.crt >>/tmp/below.crt
      ask -o /dev/null -w '%{http_code}' --cert /tmp/below.crt --key /tmp/below.key \
        https://shop.example/ || true
      """)
    #expect(told == "000")
    // A CA that ours has signed would be one too deep.
    let below = try await scene.sandbox.run(
      [
        "sh", "-euc",
        """
        cd "$1"
        printf '%s\\n' basicConstraints=critical,CA:true keyUsage=keyCertSign >sub-extensions
        printf '%s\\n' basicConstraints=CA:false extendedKeyUsage=clientAuth >leaf-extensions
        for each in sub leaf; do
          openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$each \
            -keyout $each.key -out $each.csr
        done
        openssl x509 -req -in sub.csr -CA shop.ca/ca-1.crt -days 2 \
          -CAkey shop.ca/ca-1.key -passin env:DEPLOY_PASSPHRASE -CAcreateserial \
          -CAserial serial -extfile sub-extensions -out sub.crt
        openssl x509 -req -in leaf.csr -CA sub.crt -CAkey sub.key -days 2 -CAcreateserial \
          -extfile leaf-extensions -out leaf.crt
        cat sub.crt >>leaf.crt
        """, "sh", scene.folder,
      ], environment: Scene.environment)
    #expect(below.status == 0, "\(below.all)")
    for end in ["crt", "key"] {
      try await scene.sandbox.write(
        scene.read("leaf.\(end)"), to: "/tmp/leaf.\(end)", on: .host("edge-1"))
    }
    let answer = try await frontEnd(
      """
      ask -o /dev/null -w '%{http_code}' --cert /tmp/leaf.crt --key /tmp/leaf.key \
        https://shop.example/ || true
      """)
    #expect(answer == "000")
  }

  @Test(
    "7. A front-end redirects visitors to https and to the bare domain, with HSTS on every response"
  )
  func redirects() async throws {
    let told = try await visitor(
      """
      say() { visit "$@" -o /dev/null -w '%{http_code} %{redirect_url} %{http_version}\\n'; }
      for name in shop.example www.shop.example; do
        curl -sS -o /dev/null --resolve '*:80:198.18.0.10' "http://$name/a?b=c" \
          -w '%{http_code} %{redirect_url}\\n'
      done
      say 'www.shop.example/a?b=c'
      say shop.example/
      visit shop.example/
      for page in '' none; do
        visit "shop.example/$page" -o /dev/null -D - | tr -d '\\r' | grep -i strict-transport
      done
      visit other.example/ 2>&1 || true
      """, trusting: Self.publicCA)
    var lines = told.split(separator: "\n").map(String.init)
    #expect(lines.remove(at: 4).hasPrefix("shop app-"))
    #expect(
      lines == [
        "301 https://shop.example/a?b=c", "301 https://shop.example/a?b=c",
        "301 https://shop.example/a?b=c 2", "200  2",
        "strict-transport-security: max-age=31536000",
        "strict-transport-security: max-age=31536000", lines.last ?? "",
      ])
    #expect(lines.last?.contains("SSL") == true, "a name that is not served: \(lines)")
    let log = try await scene.must(
      "tail -n 5 /var/log/nginx/shop.example.front-end.access.log", on: "edge-1")
    #expect(
      log.contains("198.18.255.254 - - ") && log.contains("\"GET /none HTTP/2.0\" 404"), "\(log)")
  }

  @Test(
    "7. Visitors get the public certificate with a stapled response of its responder"
  )
  func stapling() async throws {
    let told = try await visitor(
      """
      status() {
        openssl s_client -connect 198.18.0.10:443 -servername shop.example -status \
          -CAfile "$folder/public/ca.crt" -verify_return_error </dev/null 2>&1
      }
      # Each worker of nginx asks the responder when it is first asked itself.
      for try in $(seq 200); do
        status >"$folder/status"
        ! grep -q 'OCSP Response Status: successful' "$folder/status" || break
        sleep 0.05
      done
      grep -oE 'Cert Status: .*|Verification: .*' "$folder/status"
      """)
    #expect(told == "Cert Status: good\nVerification: OK\n")
  }

  @Test("7. Behind a content network, only clients with its certificate are answered")
  func originPulls() async throws {
    for file in ["front-end.crt", "front-end.key"] {
      let text = try await scene.must("cat /etc/deploy/current/tls/\(file)", on: "edge-1")
      try await scene.sandbox.write(text, to: "/root/\(file)", on: .host("network"))
    }
    let told = try await scene.must(
      """
      say() {
        echo "$1: $(shift; curl -sSk -m 10 -o /dev/null -w '%{http_code}' \
          --resolve '*:443:198.18.0.11' "$@" https://pulled.example/)"
      }
      say network --cert /etc/ssl/cdn.crt --key /etc/ssl/cdn.key
      say stranger
      say 'a front-end' --cert /root/front-end.crt --key /root/front-end.key
      openssl s_client -connect 198.18.0.11:443 -servername pulled.example </dev/null 2>/dev/null |
        openssl x509 -noout -issuer
      """, on: "network")
    #expect(told == "network: 200\nstranger: 400\na front-end: 400\nissuer=CN = ca\n")
  }
}
