import Foundation
import State
import Testing

@testable import Execution

@Suite("Reading the servers of a host's own nginx")
struct ForeignServersTests {
  private static let include = "/etc/nginx/conf.d/deploy.conf"

  /// Files as `nginx -T` prints them, each behind its heading.
  private func listens(_ files: (String, String)...) throws -> [HostSurroundings.NginxListen] {
    try servers(files).found(beside: Self.include).listens
  }

  private func servers(_ files: (String, String)...) throws -> ForeignServers { try servers(files) }

  private func servers(_ files: [(String, String)]) throws -> ForeignServers {
    var servers = ForeignServers()
    var number = 0
    for (path, text) in files {
      for line in ["# configuration file \(path):"] + text.components(separatedBy: "\n") + [""] {
        number += 1
        try servers.read("\(number):\(line)")
      }
    }
    return servers
  }

  @Test("finds them in nginx's order, with file and line, before and after the release")
  func order() throws {
    let found = try listens(
      (
        "/etc/nginx/nginx.conf",
        """
        events { }
        http {
          # listen 1;
          server { listen 81; }
          include conf.d/*.conf;
          include /etc/nginx/sites-enabled/*;
          server { listen 82; }
        }
        """
      ),
      ("/etc/nginx/conf.d/a.conf", "server {\n  listen 83;\n}"),
      ("/etc/nginx/conf.d/z.conf", "server {\n\n  listen 84;\n}"),
      ("/etc/nginx/sites-enabled/x", "server { listen 85; }"),
      ("/etc/nginx/elsewhere/x.conf", "server { listen 86; }"))
    let places = found.map { listen in
      "\(listen.file.split(separator: "/").last ?? ""):\(listen.line) "
        + (listen.isBehindRelease ? "behind" : "before")
    }
    #expect(
      places == [
        "nginx.conf:4 before", "a.conf:2 before", "z.conf:3 behind", "x:1 behind",
        "nginx.conf:7 behind",
      ])
  }

  @Test(
    "reads the addresses and ports of their listen directives",
    arguments: [
      ("listen 443;", "0.0.0.0 443"), ("listen *:443 ssl;", "0.0.0.0 443"),
      ("listen [::]:443 ssl;", ":: 443"), ("listen [::1];", "::1 80"),
      ("listen 192.0.2.1:8443;", "192.0.2.1 8443"), ("listen 192.0.2.1;", "192.0.2.1 80"),
      ("listen \"443\";", "0.0.0.0 443"), ("listen unix:/run/x.sock;", ""), ("", "0.0.0.0 80"),
      ("listen 8000-8010;", ""), ("listen 0;", ""), ("listen 65536;", ""),
      ("location / { return 200 'listen 9; }'; } listen 7;", "0.0.0.0 7"),
      ("add_header A b\nlisten 7;", "0.0.0.0 7"), ("listen\n 7\n ssl;", "0.0.0.0 7"),
      ("location ~ \"a{2}\" { } listen 7;", "0.0.0.0 7"),
      ("root /x${host}y; listen 7;", "0.0.0.0 7"),
    ])
  func sockets(_ directive: String, _ expected: String) throws {
    let found = try listens(("/etc/nginx/nginx.conf", "http {\nserver {\n\(directive)\n}\n}"))
    #expect(found.map { "\($0.address) \($0.port)" } == (expected.isEmpty ? [] : [expected]))
  }

  @Test("finds the names of a server anywhere in it")
  func names() throws {
    let found = try listens(
      (
        "/etc/nginx/nginx.conf",
        """
        http {
          server_names_hash_bucket_size 128;
          server { server_name A.example b.example; listen 81; listen 82;
            location / { server_name never.example; }
            server_name
              c.example; }
          server { listen 83; server_name _; }
          server { listen 84; }
        }
        """
      ))
    #expect(
      found.map(\.names) == [
        ["a.example", "b.example", "c.example"], ["a.example", "b.example", "c.example"], ["_"], [],
      ])
  }

  @Test("finds the size of the names hash only in the http block")
  func namesHash() throws {
    func place(_ text: String) throws -> String? {
      try servers(("/etc/nginx/nginx.conf", text)).found(beside: Self.include).namesHash
    }
    #expect(
      try place("http {\n  server_names_hash_bucket_size 64;\n}") == "/etc/nginx/nginx.conf:2")
    #expect(try place("http { server_names_hash_max_size 64; }") == nil)
    #expect(try place("stream { server_names_hash_bucket_size 64; }") == nil)
  }

  @Test("reads the options of listen directives, only in the http block")
  func options() throws {
    let found = try listens(
      (
        "/etc/nginx/nginx.conf",
        """
        stream { server { listen 1; } }
        http { upstream x { server 192.0.2.1:2; }
        log_format x '{ "a": "$b",
          "c": "}" }';
        server { listen 443 ssl default_server proxy_protocol; listen [::]:443 ipv6only=off; }
        }
        """
      ))
    #expect(
      found == [
        .init(
          file: "/etc/nginx/nginx.conf", line: 5,
          text: "listen 443 ssl default_server proxy_protocol", address: "0.0.0.0", port: 443,
          isDefault: true, takesProxyProtocol: true),
        .init(
          file: "/etc/nginx/nginx.conf", line: 5, text: "listen [::]:443 ipv6only=off",
          address: "::", port: 443, takesBothFamilies: true),
      ])
  }

  @Test("ends with files that include themselves")
  func circles() throws {
    let found = try listens(
      ("/etc/nginx/nginx.conf", "http {\ninclude *.conf;\nserver { listen 1; }\n}"))
    #expect(!found.isEmpty)
  }

  @Test(
    "reads the files that a pattern includes",
    arguments: [
      ("/a/*.conf", "/a/b.conf", true), ("/a/*.conf", "/a/b/c.conf", false),
      ("/a/*", "/a/", true), ("/a/*/*.conf", "/a/b/c.conf", true), ("/a/?.conf", "/a/b.conf", true),
      ("/a/?.conf", "/a/bb.conf", false), ("/a/[a-c]x", "/a/bx", true),
      ("/a/[!a-c]x", "/a/bx", false),
      ("/a/[", "/a/[", true), ("/a/*b*c", "/a/xbyc", true), ("/a/*b*c", "/a/xbyd", false),
      ("/a/*****************************x", "/a/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", false),
    ])
  func globs(_ pattern: String, _ path: String, _ expected: Bool) {
    #expect(PathGlob(pattern).matches(path) == expected)
  }
}
