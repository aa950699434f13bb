import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// Where visitors are sent by what is behind a front-end, on an nginx that runs: the back-end takes
/// connections on port 8443, and its application on port 8080.
@Suite(
  "A redirect of a back-end",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct RedirectTests {
  private static let upstreams = [Fleet.upstream("app-1", 8443)]
  private static let fastCGI = LocalApplication.unix(Fleet.valid("/run/fastcgi.sock"))
  private static let inventory = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.18.0.2"),
      Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
    ],
    [
      Fleet.site(
        "app.example", on: ["edge-1"], from: upstreams,
        content: Fleet.application("127.0.0.1", 8080)),
      Fleet.site(
        "files.example", on: ["edge-1"], from: upstreams, content: Fleet.files("/srv/files")),
      Fleet.site(
        "php.example", on: ["edge-1"], from: upstreams,
        content: .fastCGI(fastCGI, root: Fleet.valid("/srv/php"), index: .phpIndex)),
    ])

  /// An application that names itself in every way that applications do.
  private static let application = """
    server {
      listen 127.0.0.1:8080;
      location = /address { return 302 http://127.0.0.1:8080/there?a=b; }
      location = /localhost { return 302 http://localhost:8080/there; }
      location = /scheme { return 302 http://$host/there; }
      location = /port { return 302 http://$host:8080/there; }
      location = /relative { absolute_redirect off; return 302 /there; }
      location = /elsewhere { return 302 http://other.example:8080/there; }
      location = /refresh { add_header Refresh "0; url=http://$host:8080/there"; return 204; }
    }
    """

  private func fleet() throws -> TestFleet {
    try TestFleet(Self.inventory, http: ["app-1": Self.application])
  }

  private static let questions = #"""
    sent() { read_it "$1 $2" -o /dev/null -w '%{redirect_url}' "https://$1$2"; }

    """#

  @Test("for a folder without its slash names the site as visitors reach it")
  func folders() throws {
    let fleet = try fleet()
    for root in ["files", "php"] {
      try fleet["app-1"].write("a guide\n", to: "srv/\(root)/guide/index.html")
      try fleet["app-1"].write("a guide\n", to: "srv/\(root)/guide/index.php")
    }
    let answers = try fleet.answers(
      Self.questions + #"""
        sent files.example '/guide'; sent files.example '/guide?a=b'; sent php.example '/guide'
        read_it 'followed' -L https://files.example/guide
        read_it 'error' https://files.example/none | grep -c -e 8443 -e app-1 || true
        """#)
    #expect(
      answers == """
        files.example /guide: https://files.example/guide/
        files.example /guide?a=b: https://files.example/guide/?a=b
        php.example /guide: https://php.example/guide/
        followed: a guide
        0

        """)
  }

  @Test("by a proxied application does not show how nginx reaches the application")
  func applications() throws {
    let answers = try fleet().answers(
      Self.questions + #"""
        for way in address localhost scheme port relative elsewhere; do sent app.example "/$way"; done
        read_it 'refresh' -D - https://app.example/refresh | tr -d '\r' | grep -i -o '[0-9]*; *url=.*'
        """#)
    #expect(
      answers == """
        app.example /address: https://app.example/there?a=b
        app.example /localhost: https://app.example/there
        app.example /scheme: https://app.example/there
        app.example /port: https://app.example/there
        app.example /relative: https://app.example/there
        app.example /elsewhere: http://other.example:8080/there
        0; url=/there

        """)
  }

  @Test("can be made by a FastCGI application from its variables about the visitor's connection")
  func fastCGIParameters() throws {
    let fleet = try fleet()
    try fleet["app-1"].write("<?php\n", to: "srv/php/index.php")
    let answers = try fleet.answers(
      #"""
      python3 "$programs/applications.py" fastcgi "$app/run/fastcgi.sock" &
      until_done test -S "$app/run/fastcgi.sock"
      read_it 'x' https://php.example/ | grep -x '\(SERVER_[NP].*\|HTTPS\|HTTP_HOST\|REQUEST_SCHEME\)=.*' |
        sort
      """#)
    #expect(
      answers == """
        HTTPS=on
        HTTP_HOST=php.example
        REQUEST_SCHEME=https
        SERVER_NAME=php.example
        SERVER_PORT=443
        SERVER_PROTOCOL=HTTP/1.1

        """)
  }
}
