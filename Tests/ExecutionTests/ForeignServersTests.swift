import Foundation
import State
import TestSupport
import Testing

@testable import Execution

@Suite("Reading the servers of a host's own nginx")
struct ForeignServersTests {
  private static let include = "/etc/nginx/conf.d/deploy.conf"

  @Test(
    "are found in nginx's order, with their sockets and names, before the release and after it",
    arguments: try CaseFile.all(in: "nginx"))
  func cases(_ file: CaseFile) throws {
    var servers = ForeignServers()
    for (index, line) in file.input.components(separatedBy: "\n").enumerated() {
      try servers.read("\(index + 1):\(line)")
    }
    let found = servers.found(beside: Self.include)
    let lines =
      found.listens.map(Self.line) + (found.namesHash.map { ["hash of names: \($0)"] } ?? [])
    let mismatch = try file.mismatch(lines.map { $0 + "\n" }.joined())
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  private static func line(_ listen: HostSurroundings.NginxListen) -> String {
    let traits = [
      (listen.isDefault, "default"), (listen.takesProxyProtocol, "PROXY protocol"),
      (listen.takesBothFamilies, "both families"),
    ].filter(\.0).map(\.1)
    let words = [
      "\(listen.file):\(listen.line)", listen.isBehindRelease ? "after" : "before",
      "\(listen.address) port \(listen.port)", "\(listen.names)",
    ]
    return (words + traits).joined(separator: ", ") + ": \(listen.text)"
  }

  @Test("ends with files that include themselves")
  func circles() throws {
    var servers = ForeignServers()
    let lines = [
      "# configuration file /etc/nginx/nginx.conf:", "http {", "include *.conf;",
      "server { listen 1; }", "}",
    ]
    for (index, line) in lines.enumerated() { try servers.read("\(index + 1):\(line)") }
    #expect(!servers.found(beside: Self.include).listens.isEmpty)
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
