import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// One host that publishes two sites and serves them and one more, which edge-2 publishes. Its nginx has
/// a server of its own beside them, the default one for visitors.
@Suite(
  "A site", .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct AdmissionTests {
  private static let inventory = Fleet.inventory(
    [
      Fleet.host("edge-1", [.backEnd, .frontEnd], "198.18.0.1"),
      Fleet.host("edge-2", [.frontEnd], "198.18.0.2"),
    ],
    [
      Fleet.site(
        "one.example", aliases: ["www.one.example"], on: ["edge-1"],
        from: [Fleet.upstream("edge-1", 8443)], content: Fleet.files("/srv/one")),
      Fleet.site(
        "other.example", on: ["edge-2"], from: [Fleet.upstream("edge-1", 8443)],
        content: Fleet.files("/srv/other")),
      Fleet.site(
        "two.example", on: ["edge-1", "edge-2"], from: [Fleet.upstream("edge-1", 8443)],
        content: Fleet.files("/srv/two")),
    ])

  /// `direct CLIENT NAME HOST` asks the back-end's port, `visit NAME HOST` the front-end's: over a
  /// connection that is opened for a name, `-` for none, what another name may be asked for.
  private static let helpers = #"""
    root=$1 folder=$2
    ip link set lo up
    ip address add 198.18.0.1/32 dev lo
    nginx() { if [ "$root" = / ]; then command nginx "$@"; else chroot "$root" nginx "$@"; fi; }
    if [ "$root" != / ]; then
      for path in tmp var/log/nginx var/lib/nginx run; do
        mount -t tmpfs none "$root/$path"
      done
      mkdir -p "$root$folder"
      mount --bind "$folder" "$root$folder"
    fi
    nginx -c "$folder/nginx.conf"
    ask() {
      port=$1 name=$2; shift 2
      if [ "$name" = - ]; then sni=-noservername; else sni="-servername $name"; fi
      while [ $# -gt 0 ]; do
        if [ $# -eq 1 ]; then kept=close; else kept=keep-alive; fi
        printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n' "$1" "$kept"; shift
      done |
        timeout 10 openssl s_client -ign_eof -quiet -connect "198.18.0.1:$port" $sni $identity \
          2>/dev/null | sed -n 's/^HTTP.1.1 \([0-9]*\).*/\1/p' | tr '\n' ' '
    }
    direct() {
      identity="-cert $folder/clients/$1.crt -key $folder/clients/$1.key"; shift
      echo "$* $(ask 8443 "$@")"
    }
    visit() { identity=; echo "$* $(ask 443 "$@")"; }
    curling() {
      echo "$1 $2 $(curl -sk -m 10 -o /dev/null -w '%{http_code} HTTP/%{http_version}' --http2 \
        --connect-to "::198.18.0.1:443" -H "Host: $2" "https://$1/" || :)"
    }

    """#

  private func host(_ version: Version) throws -> NginxHost {
    let ca = try TestCA("Test CA")
    let host = try NginxHost()
    let tls = "\(host.path)/current/tls"
    try host.install(
      configuration(for: Self.inventory.hosts[0], in: Self.inventory, nginx: version),
      http: """
        server {
          listen 443 ssl\(version.hasHTTP2Directive ? "" : " http2") default_server;
          listen 80 default_server;
          server_name own.example;
          ssl_certificate \(tls)/back-end.crt; ssl_certificate_key \(tls)/back-end.key;
          location / { return 204; }
        }
        """)
    try host.install(certificates: ca, trusting: ca, Self.inventory.sites)
    for site in ["one", "two", "other"] {
      try host.write("\(site)\n", to: "srv/\(site)/index.html")
    }
    for name in ["edge-1", "edge-2", "edge-10", "EDGE-1", "edge", "other/CN=edge-1", "edge-1/O=x"] {
      let file = name.replacing("/", with: "+")
      try ca.issue("clientAuth", name, names: ["edge-1"], to: host.url("clients/\(file)"))
    }
    return host
  }

  private func answers(_ root: String, _ version: Version, _ questions: String) throws -> String {
    let host = try host(version)
    try host.write(
      Self.helpers + questions + "\nnginx -c \"$folder/nginx.conf\" -s stop 2>/dev/null\n",
      to: "questions.sh")
    return try Command(
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu",
      "\(host.path)/questions.sh", root, host.path
    ).output
  }

  struct Installed: CustomTestStringConvertible, Sendable {
    var root: NginxRoot?
    var testDescription: String { root?.release ?? "this machine's" }
    var path: String { root?.path ?? "/" }
    static let all = [
      Installed(root: nil), Installed(root: .bullseye), Installed(root: .trixie),
      Installed(root: .forky),
    ]

    func version() throws -> Version {
      if let root {
        try #require(root.isThere, root.missing)
        return try root.version()
      }
      return try #require(Version(try Command("nginx", "-v").output))
    }
  }

  @Test(
    "is served by a back-end only to its own front-ends, and over its own connections",
    arguments: Installed.all)
  func backEnd(_ nginx: Installed) throws {
    let version = try nginx.version()
    let answers = try answers(
      nginx.path, version,
      #"""
      for client in edge-1 edge-2; do
        echo "$client:"
        for name in one.example other.example two.example; do direct $client $name $name; done
      done
      echo "names that are like one of a front-end:"
      for client in edge-10 EDGE-1 edge other+CN=edge-1 edge-1+O=x; do
        direct $client one.example one.example
      done
      echo "several sites over one connection:"
      direct edge-2 other.example other.example one.example
      direct edge-2 two.example two.example one.example
      direct edge-1 one.example one.example one.example two.example
      direct edge-1 ONE.example one.example
      direct edge-1 - one.example
      """#)
    // nginx 1.18 cannot refuse the handshake, and answers that nothing was meant.
    let none = version.canRejectHandshakes ? "" : "421 "
    #expect(
      answers == """
        edge-1:
        one.example one.example 200\u{20}
        other.example other.example\u{20}
        two.example two.example 200\u{20}
        edge-2:
        one.example one.example\u{20}
        other.example other.example 200\u{20}
        two.example two.example 200\u{20}
        names that are like one of a front-end:
        one.example one.example\u{20}
        one.example one.example\u{20}
        one.example one.example\u{20}
        one.example one.example\u{20}
        one.example one.example\u{20}
        several sites over one connection:
        other.example other.example one.example 200 421\u{20}
        two.example two.example one.example 200 421\u{20}
        one.example one.example one.example two.example 200 200 421\u{20}
        ONE.example one.example 421\u{20}
        - one.example \(none)

        """)
  }

  @Test(
    "is served by a front-end only over connections for its own names", arguments: Installed.all)
  func frontEnd(_ nginx: Installed) throws {
    let answers = try answers(
      nginx.path, try nginx.version(),
      #"""
      visit one.example one.example
      visit one.example ONE.example. www.one.example two.example
      visit ONE.example one.example
      visit www.one.example one.example www.one.example two.example
      visit two.example one.example
      visit own.example own.example one.example www.one.example
      visit - one.example
      visit - own.example '[::1]' 198.18.0.1
      curling one.example one.example
      curling www.one.example one.example
      curling two.example one.example
      curling one.example deploy.invalid
      plain() { curl -s -m 10 -o /dev/null -w '%{http_code} %{redirect_url}\n' --http1.1 \
        --connect-to "::198.18.0.1:80" -H "Host: $1" http://x/; }
      plain one.example; plain WWW.one.example; plain own.example
      """#)
    #expect(
      answers == """
        one.example one.example 200\u{20}
        one.example ONE.example. www.one.example two.example 200 301 421\u{20}
        ONE.example one.example 200\u{20}
        www.one.example one.example www.one.example two.example 200 301 421\u{20}
        two.example one.example 421\u{20}
        own.example own.example one.example www.one.example 204 421 421\u{20}
        - one.example 421\u{20}
        - own.example [::1] 198.18.0.1 204 204 204\u{20}
        one.example one.example 200 HTTP/2
        www.one.example one.example 200 HTTP/2
        two.example one.example 421 HTTP/2
        one.example deploy.invalid 421 HTTP/2
        301 https://one.example/
        301 https://one.example/
        204\u{20}

        """)
  }
}
