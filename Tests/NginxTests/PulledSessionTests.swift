import Foundation
import Inventories
import Testing

@testable import Nginx

/// A server of the host's own is the default one of the visitors' port, and gives sessions: what nginx
/// then says of a certificate is what it said when the session began.
@Suite(
  "A session at a site that the network alone may ask", .enabled(if: Command.canRunNginx),
  .serialized)
struct PulledSessionTests {
  private static let inventory = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.18.0.2"),
      Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
    ],
    [
      Fleet.site(
        "pulled.example", aliases: ["www.pulled.example"], on: ["edge-1"],
        from: [Fleet.upstream("app-1", 443)], content: Fleet.files("/srv/pulled"),
        originPulls: "pulls.pem")
    ])

  /// Asks with each version: with the network's certificate, and with that session and no certificate,
  /// before the site has another authority and behind it. Prints whether the session was taken up, and
  /// the status, for the site and for its alias. Who is let in gets 502, for no back-end is there.
  private static let questions = #"""
    root=$1 folder=$2
    ip link set lo up
    nginx() { if [ "$root" = / ]; then command nginx "$@"; else chroot "$root" nginx "$@"; fi; }
    if [ "$root" != / ]; then
      for path in tmp var/log/nginx var/lib/nginx run; do
        mount -t tmpfs none "$root/$path"
      done
      mkdir -p "$root$folder"
      mount --bind "$folder" "$root$folder"
    fi
    ask() {
      version=$1 name=$2; shift 2
      printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$name" |
        timeout 10 openssl s_client -ign_eof "-$version" -connect 127.0.0.1:443 \
          -servername "$name" "$@" 2>/dev/null |
        sed -n 's/^\(New\|Reused\), TLS.*/\1/p; s/^HTTP.1.1 \([0-9]*\).*/\1/p' | tr '\n' ' '
    }
    names='pulled.example www.pulled.example'
    each() {
      for version in tls1_2 tls1_3; do for name in $names; do "$@"; done; done
    }
    first() {
      ask $version $name -cert "$folder/cdn.crt" -key "$folder/cdn.key" \
        -sess_out "$folder/$version-$name"
    }
    again() { ask $version $name -sess_in "$folder/$version-$name"; }
    nginx -c "$folder/nginx.conf"
    each first; echo
    each again; echo
    cp "$folder/other.crt" "$folder/current/tls/origin-pulls/pulled.example.crt"
    old=$(cat "/proc/$(cat "$folder/nginx.pid")/task/$(cat "$folder/nginx.pid")/children")
    nginx -c "$folder/nginx.conf" -s reload 2>/dev/null
    for worker in $old; do
      for try in $(seq 500); do [ -d "/proc/$worker" ] || break; sleep 0.01; done
      [ ! -d "/proc/$worker" ]
    done
    each again; echo
    nginx -c "$folder/nginx.conf" -s stop 2>/dev/null
    """#

  private func answers(_ root: String, _ version: Version, isGuarded: Bool) throws -> String {
    let authority = try TestAuthority("Test CA")
    let network = try TestAuthority("Network CA")
    let host = try NginxHost()
    let files = configuration(
      for: Self.inventory.hosts[1], in: Self.inventory, nginx: version
    ).map { file in
      isGuarded
        ? file
        : ConfigurationFile(
          path: file.path,
          text: file.text.replacing("ssl_session_reused = r", with: "scheme = none"))
    }
    let tls = "\(host.path)/current/tls"
    try host.install(
      files,
      http: """
        server {
          listen 443 ssl default_server; server_name own.example;
          ssl_session_cache shared:own:1m; ssl_session_tickets off;
          ssl_protocols TLSv1.2 TLSv1.3;
          ssl_certificate \(tls)/back-end.crt; ssl_certificate_key \(tls)/back-end.key;
        }
        """)
    try host.install(certificates: authority, trusting: authority, Self.inventory.sites)
    try host.write(
      String(contentsOfFile: network.certificate, encoding: .utf8),
      to: "current/tls/origin-pulls/pulled.example.crt")
    try host.write(
      String(contentsOfFile: authority.certificate, encoding: .utf8), to: "other.crt")
    try network.issue("clientAuth", "cdn", names: ["cdn.test"], to: host.url("cdn"))
    try host.write(Self.questions, to: "questions.sh")
    return try Command(
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu",
      "\(host.path)/questions.sh", root, host.path
    ).output
  }

  /// - Parameter afterwards: whether a session is taken up when the site has another authority.
  private func expectRefusal(
    _ root: String, _ version: Version, afterwards: String = "Reused"
  ) throws {
    let told = try answers(root, version, isGuarded: true)
    #expect(
      told == """
        New 502 New 301 New 502 New 301 
        Reused 400 Reused 400 Reused 400 Reused 400 
        \(afterwards) 400 \(afterwards) 400 \(afterwards) 400 \(afterwards) 400 

        """)
  }

  @Test(
    "is refused when it is resumed, and without this program's refusal it would be let in for ever")
  func installed() throws {
    let version = try #require(Version(try Command("nginx", "-v").output))
    try expectRefusal("/", version)
    let told = try answers("/", version, isGuarded: false)
    // The site's authority is another by the last line.
    #expect(
      told == """
        New 502 New 301 New 502 New 301 
        Reused 502 Reused 301 Reused 502 Reused 301 
        Reused 502 Reused 301 Reused 502 Reused 301 

        """)
  }

  @Test(
    "is refused by 1.18", .enabled(if: NginxRoot.bullseye.isThere, NginxRoot.bullseye.missing))
  func bullseye() throws {
    try expectRefusal(NginxRoot.bullseye.path, NginxRoot.bullseye.version())
  }

  @Test("is refused by 1.26", .enabled(if: NginxRoot.trixie.isThere, NginxRoot.trixie.missing))
  func trixie() throws { try expectRefusal(NginxRoot.trixie.path, NginxRoot.trixie.version()) }

  @Test(
    "is refused by the newest", .enabled(if: NginxRoot.forky.isThere, NginxRoot.forky.missing))
  func forky() throws {
    // It knows by itself that the authority is another.
    try expectRefusal(NginxRoot.forky.path, NginxRoot.forky.version(), afterwards: "New")
  }
}
