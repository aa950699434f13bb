import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// A server of the host's own is the default one of the port, and gives sessions: nginx then takes them
/// up for every server of that port, whatever that server says, and checks no revocation.
@Suite(
  "A session from another server",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct ResumptionTests {
  private static let inventory = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.18.0.2"),
      Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
    ],
    [
      Fleet.site(
        "shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 8443)],
        content: Fleet.files("/srv/shop"))
    ])

  /// Asks with each version: at first, with the session of then, and with it when its certificate is
  /// revoked. Prints whether the session was taken up, and the status.
  private static let questions = #"""
    root=$1 folder=$2 ca=$3
    ip link set lo up
    nginx() { if [ "$root" = / ]; then command nginx "$@"; else chroot "$root" nginx "$@"; fi; }
    if [ "$root" != / ]; then
      for path in tmp var/log/nginx var/lib/nginx run; do
        mount -t tmpfs none "$root/$path"
      done
      mkdir -p "$root$folder"
      mount --bind "$folder" "$root$folder"
    fi
    leaf=$folder/current/tls/front-end
    ask() {
      session=$folder/session-$1
      if [ -s "$session" ]; then how="-sess_in $session"; else how="-sess_out $session"; fi
      printf 'GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n' |
        timeout 10 openssl s_client -ign_eof "-$1" -connect 127.0.0.1:8443 \
          -servername shop.example -cert "$leaf.crt" -key "$leaf.key" $how 2>/dev/null |
        sed -n 's/^\(New\|Reused\), TLS.*/\1/p; s/^HTTP.1.1 \([0-9]*\).*/\1/p' | tr '\n' ' '
    }
    nginx -c "$folder/nginx.conf"
    for version in tls1_2 tls1_3; do ask $version; ask $version; done
    cd "$ca"
    : >index; echo 01 >number
    printf '%s\n' '[ca]' 'default_ca = own' '[own]' 'database = index' 'crlnumber = number' \
      'default_md = sha256' 'default_crl_days = 9' 'certificate = ca.crt' 'private_key = ca.key' >ca.conf
    openssl ca -config ca.conf -revoke "$leaf.crt" 2>/dev/null
    openssl ca -config ca.conf -gencrl -out "$folder/current/tls/revoked.crl" 2>/dev/null
    old=$(cat "/proc/$(cat "$folder/nginx.pid")/task/$(cat "$folder/nginx.pid")/children")
    nginx -c "$folder/nginx.conf" -s reload 2>/dev/null
    for worker in $old; do while [ -d "/proc/$worker" ]; do sleep 0.01; done; done
    for version in tls1_2 tls1_3; do ask $version; done
    nginx -c "$folder/nginx.conf" -s stop 2>/dev/null
    """#

  private func answers(_ root: String, _ version: Version, isGuarded: Bool) throws -> String {
    let ca = try TestCA("Test CA")
    let host = try NginxHost()
    let files = configuration(
      for: Self.inventory.hosts[0], in: Self.inventory, nginx: version, checksRevocation: true
    ).map { file in
      // The host's own server is the default one, as while a port moves from one role to another.
      var text = file.text
      if !isGuarded { text = text.replacing("ssl_session_reused = r", with: "scheme = none") }
      return ConfigurationFile(path: file.path, text: text)
    }
    let tls = "\(host.path)/current/tls"
    try host.install(
      files,
      http: """
        server {
          listen 8443 ssl default_server; server_name own.example;
          ssl_session_cache shared:own:1m; ssl_session_tickets off;
          ssl_protocols TLSv1.2 TLSv1.3;
          ssl_certificate \(tls)/back-end.crt; ssl_certificate_key \(tls)/back-end.key;
        }
        """)
    try host.install(certificates: ca, trusting: ca, Self.inventory.sites)
    try host.write("the shop\n", to: "srv/shop/index.html")
    // A list without front-ends in it.
    try host.write(
      try Command.script(
        """
        cd '\(ca.home.path)'; : >none; echo 01 >first
        printf '%s\\n' '[ca]' 'default_ca = own' '[own]' 'database = none' 'crlnumber = first' \
          'default_md = sha256' 'default_crl_days = 9' 'certificate = ca.crt' 'private_key = ca.key' \
          >none.conf
        openssl ca -config none.conf -gencrl 2>/dev/null
        """), to: "current/tls/revoked.crl")
    try host.write(Self.questions, to: "questions.sh")
    return try Command(
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu",
      "\(host.path)/questions.sh", root, host.path, ca.home.path
    ).output
  }

  private func expectRefusal(_ root: String, _ version: Version) throws {
    // Taken up and refused, before the revocation and behind it.
    #expect(
      try answers(root, version, isGuarded: true)
        == "New 200 Reused New 200 Reused Reused Reused ")
  }

  @Test("is refused, and without this refusal it would bypass a revocation")
  func installed() throws {
    let version = try #require(Version(try Command("nginx", "-v").output))
    try expectRefusal("/", version)
    #expect(
      try answers("/", version, isGuarded: false)
        == "New 200 Reused 200 New 200 Reused 200 Reused 200 Reused 200 ")
  }

  @Test(
    "is refused by 1.18", .requires(NginxRoot.bullseye.isThere, NginxRoot.bullseye.missing))
  func bullseye() throws {
    try expectRefusal(NginxRoot.bullseye.path, NginxRoot.bullseye.version())
  }

  @Test("is refused by 1.26", .requires(NginxRoot.trixie.isThere, NginxRoot.trixie.missing))
  func trixie() throws { try expectRefusal(NginxRoot.trixie.path, NginxRoot.trixie.version()) }

  @Test(
    "is refused by the newest", .requires(NginxRoot.forky.isThere, NginxRoot.forky.missing))
  func forky() throws { try expectRefusal(NginxRoot.forky.path, NginxRoot.forky.version()) }
}
