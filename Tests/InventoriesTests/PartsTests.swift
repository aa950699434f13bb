import Diagnostics
import Fleet
import Inventories
import TestSupport
import Testing
import YAML

/// The files of an inventory in memory.
struct MemoryFiles: IncludedFiles {
  var texts: [String: String] = [:]

  func paths(matching glob: String) -> [String] {
    let patterns = glob.split(separator: "/").map { WildcardPattern(String($0)) }
    return texts.keys.filter { path in
      let names = path.split(separator: "/").map(String.init)
      return names.count == patterns.count
        && zip(patterns, names).allSatisfy { $0.matches($1) }
    }.sorted()
  }

  func bytes(of path: String) throws(UnreadableInclude) -> [UInt8] {
    guard let text = texts[path], text != "unreadable\n" else {
      throw UnreadableInclude(reason: "\(path) cannot be read: Permission denied")
    }
    return Array(text.utf8)
  }

  func name(of path: String) -> String { path }
}

/// An inventory of several files, with values of variables.
///
/// Its text has the inventory first. A line `=== PATH` begins a file that may be included, `=== + PATH` one on top of
/// those before, and `=== $ NAME=VALUE` gives a variable a value.
struct SeveralFiles {
  private var named: [SourceText] = []
  private var files = MemoryFiles()
  private var given = GivenVariables()

  init(_ text: String) {
    var heading = "+ inventory.yml"
    var lines: [Substring] = []
    var all = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    all.append("=== ")
    for line in all {
      guard line.hasPrefix("=== ") else {
        lines.append(line)
        continue
      }
      add(heading, lines.joined(separator: "\n") + "\n")
      (heading, lines) = (String(line.dropFirst(4)), [])
    }
  }

  private mutating func add(_ heading: String, _ text: String) {
    let name = String(heading.dropFirst(2))
    if heading.hasPrefix("+ ") {
      named.append(
        SourceText(file: name, bytes: Array(text.utf8), folder: LocalPath.folder(of: name)))
    } else if heading.hasPrefix("$ ") {
      let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      given.named[String(parts[0])] = String(parts[1])
    } else {
      files.texts[heading] = text
    }
  }

  func read() -> Inventory.Reading { Inventory.read(named, including: files, given: given) }

  func inventory() throws -> Inventory {
    let reading = read()
    return try #require(reading.inventory, "\(reading.diagnostics)")
  }
}

@Suite("An inventory of several files")
struct PartsTests {
  @Test("is read or refused as its case says", arguments: try CaseFile.all(in: "parts"))
  func cases(_ file: CaseFile) throws {
    let reading = SeveralFiles(file.input).read()
    #expect(
      (reading.inventory == nil) == reading.diagnostics.contains { $0.severity == .error })
    let said = DiagnosticRenderer(sources: reading.sources).render(reading.diagnostics).rendered
    #expect(try file.mismatch(said + (reading.inventory == nil ? "" : "ok\n")) == nil)
  }

  /// Three hosts and two sites.
  private static let hosts = """
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}, app-2: {address: 198.18.0.22}}
    """
  private static let site =
    "{front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}"
  private static let top = "fleet: demo\nca: {name: Demo CA}\n"

  @Test("means the same as one file with all of it")
  func equal() throws {
    let one = try SeveralFiles(
      Self.top + Self.hosts + "\nsites:\n  a.example: \(Self.site)\n  b.example: \(Self.site)\n"
    ).inventory()
    let several = try SeveralFiles(
      Self.top
        + """
        include: [hosts.yml, sites/*.yml]
        === hosts.yml
        \(Self.hosts)
        === sites/a.yml
        include: ../more/b.yml
        sites: {a.example: \(Self.site)}
        === more/b.yml
        sites: {b.example: \(Self.site)}

        """
    ).inventory()
    #expect(one.hosts.map(\.name) == several.hosts.map(\.name))
    #expect(one.hosts.map(\.address) == several.hosts.map(\.address))
    #expect(one.sites.map(\.domain) == several.sites.map(\.domain))
    #expect(one.sites.map(\.upstreams) == several.sites.map(\.upstreams))
    #expect(several.file == "inventory.yml" && one.file == several.file)
    #expect(several.sites.map(\.place.description) == ["sites/a.yml:2:9", "more/b.yml:1:9"])
  }

  @Test("names files from the folder of the file in which it names them")
  func paths() throws {
    let inventory = try SeveralFiles(
      Self.top + Self.hosts
        + """

        include: teams/*/sites.yml
        ssh: {identity: keys/id}
        === teams/one/sites.yml
        sites:
          a.example:
            front_ends: all
            back_ends: all
            certificate: {files: {certificate: ./certs/a.crt, key: /etc/a.key}}
            back_end: {root: /srv}
            snippets: {front_end: ../../snippets/a.conf, back_end: ~/a.conf}
        === + over/staging.yml
        ssh: {known_hosts: known, config: ../../ssh_config}

        """
    ).inventory()
    let site = inventory.sites[0]
    guard case .files(let certificate, let key) = site.certificate else {
      Issue.record("\(site.certificate)")
      return
    }
    #expect(certificate.path.text == "teams/one/certs/a.crt" && key.path.text == "/etc/a.key")
    #expect(site.snippets.frontEnd?.path.text == "snippets/a.conf")
    #expect(site.snippets.backEnd?.path.text == "~/a.conf")
    #expect(inventory.ssh.identities.map(\.text) == ["keys/id"])
    #expect(inventory.ssh.knownHosts.text == "over/known")
    #expect(inventory.ssh.config == LocalPath("../ssh_config").map { .file($0) })
  }

  @Test("gets what later files say, and keeps the rest")
  func overlay() throws {
    let inventory = try SeveralFiles(
      Self.top + Self.hosts
        + """

        keep_releases: 3
        firewall: {policy: drop, ssh_from: [192.0.2.0/24]}
        sites:
          a.example:
            front_ends: all
            back_ends: {match: app-1, weight: 2}
            certificate: {ca: true, private: true}
            back_end: {port: 8443, root: /srv}
            headers: {X-One: a, X-Two: b}
            hsts: {max_age: 1y}
            timeouts: {connect: 1s}
        === + one.yml
        back_ends: {app-1: {labels: {a: b}}, app-3: {address: 198.18.0.23}}
        firewall: {ssh_from: [198.51.100.0/24]}
        sites:
          a.example:
            back_ends: {match: app-*}
            certificate: {installed: {certificate: /etc/a.crt, key: /etc/a.key}}
            back_end: {proxy: "http://127.0.0.1:8080"}
            headers: {X-Two: c, X-Three: d}
            hsts: none
            timeouts: {read: 9s}
        === + two.yml
        include: more.yml
        keep_releases: 4
        === more.yml
        left: {app-9: {address: 198.18.0.29}}

        """
    ).inventory()
    let site = inventory.sites[0]
    #expect(inventory.keepReleases == 4)
    #expect(inventory.firewall.scope == .drop)
    #expect(inventory.firewall.sshFrom.map(\.description) == ["198.51.100.0/24"])
    #expect(inventory.left.keys.map(\.text) == ["app-9"])
    #expect(site.upstreams.map { "\($0.host)*\($0.weight)" } == ["app-1*1", "app-2*1", "app-3*1"])
    #expect(site.upstreams.allSatisfy { $0.port == Port(8443) })
    #expect(
      try site.certificate
        == .installed(
          certificate: #require(RemotePath("/etc/a.crt")), key: #require(RemotePath("/etc/a.key"))))
    #expect(!site.isPrivatelyTrusted)
    #expect(
      try site.service.content
        == .proxy(.tcp(#require(IPAddress("127.0.0.1")), #require(Port(8080)))))
    #expect(
      site.requests.headers.map { "\($0.name): \($0.value)" } == [
        "X-One: a", "X-Three: d", "X-Two: c",
      ])
    #expect(site.hstsMaxAge == nil)
    #expect(
      site.requests.timeouts.connect == .seconds(1) && site.requests.timeouts.read == .seconds(9))
    #expect(inventory.hosts[0].labels == ["a": "b"])
    #expect(inventory.file == "inventory.yml")
  }

  @Test("has at most 10,000 files")
  func manyFiles() {
    let files = (1...10_001).map { "=== \($0).yml\n{}\n" }.joined()
    let found = SeveralFiles("include: '*.yml'\n" + files).read().diagnostics
    #expect(found.map(\.summary) == [InventoryMistake.tooManyIncludes.rawValue])
  }
}
