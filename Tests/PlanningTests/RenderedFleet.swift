import Inventories
import State

/// What hosts do, read from the files that they would get, independently of the planner's own model.
struct RenderedHost: Hashable {
  struct Server: Hashable {
    var site: String
    var address: String
    var port: Int
  }

  struct Translation: Hashable {
    var from: Set<String>
    var address: String
    var port: Int
  }

  /// The addresses that its front-end's connections are bound to, by site: most machines here have several.
  var bindings: [String: String] = [:]
  /// Where its front-end sends requests.
  var upstreams: Set<Server> = []
  /// The sites of its back-end on their ports; the address is empty.
  var servers: Set<Server> = []
  /// Which certificates its back-end accepts, by site.
  var gates: [String: RenderedGate] = [:]
  /// The sites that visitors come to, on their ports; the address is empty.
  var entrances: Set<Server> = []
  /// The accepted source addresses, by port; nil for a port that is open to every source.
  var openings: [Int: Set<String>?] = [:]
  var opensTheRest = false
  /// Where its kernel sends connections on to, from whom, by port.
  var translations: [Int: Translation] = [:]
  var trusts: Set<String> = []
  /// The serials that its revocation lists refuse; nil if it has none.
  var refuses: Set<String>?
  /// The CAs that it has a list of.
  var lists: Set<String> = []
  var clientSerial = ""
  /// As nginx on back-ends reads it.
  var clientSubject = ""
  var serverSerial = ""
  var clientIssuer: String?
  var serverIssuer: String?
  var serverNames: Set<String> = []

  /// A host without anything of `deploy`, so without a firewall.
  static let bare = RenderedHost(opensTheRest: true)
}

extension RenderedHost {
  init(_ observation: HostObservation) {
    self = .bare
    guard let release = observation.manifest?.release else { return }
    for (path, text) in observation.texts {
      let name = path.split(separator: "/").last.map { String($0.dropLast(5)) } ?? ""
      if path.hasPrefix("nginx/front-end/") {
        upstreams.formUnion(Self.upstreams(of: text, site: name))
        entrances.formUnion(Self.servers(of: text, site: name))
        bindings[name] = Self.lines(of: text).first { $0.first == "proxy_bind" }?[1]
      } else if path.hasPrefix("nginx/back-end/") {
        servers.formUnion(Self.servers(of: text, site: name))
        gates[name] = RenderedGate(text)
      } else if path == "firewall.nft" {
        readFirewall(text)
      } else if path == "tls/ca.crt" {
        trusts = Set(text.split(separator: "\n").map { "a" + $0.dropFirst("PEM of ".count) })
      }
    }
    readLists(observation.texts)
    // Only what the host's nginx includes is served.
    let main = observation.texts["nginx/deploy.conf"] ?? ""
    upstreams = upstreams.filter { main.contains("/nginx/front-end/\($0.site).conf;") }
    entrances = entrances.filter { main.contains("/nginx/front-end/\($0.site).conf;") }
    servers = servers.filter { main.contains("/nginx/back-end/\($0.site).conf;") }
    let (client, server) = (
      release.certificates["tls/front-end.crt"], release.certificates["tls/back-end.crt"]
    )
    clientSerial = client?.serial ?? ""
    clientSubject = client.map { "CN=\($0.commonName)" } ?? ""
    serverSerial = server?.serial ?? ""
    clientIssuer = client?.issuerKeyIdentifier
    serverIssuer = server?.issuerKeyIdentifier
    serverNames = Set(server?.names ?? [])
  }

  private mutating func readLists(_ texts: [String: String]) {
    let sites = texts.filter { $0.key.hasPrefix("nginx/") }.values
    guard sites.contains(where: { $0.contains("ssl_crl ") }) else { return }
    let lists = Self.lines(of: texts["tls/revoked.crl"] ?? "")
    self.lists = Set(lists.map { $0[1] })
    refuses = Set(lists.flatMap { $0.dropFirst(2) })
  }

  /// Whether its nginx refuses a certificate because of its revocation lists.
  func refuses(_ serial: String, of issuer: String) -> Bool {
    guard let refuses else { return false }
    return refuses.contains(serial) || !lists.contains(issuer)
  }

  /// The words of each line, without the semicolons.
  static func lines(of text: String) -> [[String]] {
    // By bytes: finding characters takes a fifth of the enumerations.
    text.utf8.split(separator: UInt8(ascii: "\n")).map { line in
      line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ";") }
        .map { String(Substring($0)) }
    }
  }

  private static func upstreams(of text: String, site: String) -> Set<Server> {
    Set(
      lines(of: text).filter {
        $0.first == "server" && $0.count > 1 && $0[1] != "{" && !$0.contains("down")
      }.map { words in
        let colon = words[1].lastIndex(of: ":") ?? words[1].startIndex
        let address = words[1][..<colon].filter { !"[]".contains($0) }
        return Server(
          site: site, address: address, port: Int(words[1][colon...].dropFirst()) ?? 0)
      })
  }

  private static func servers(of text: String, site: String) -> Set<Server> {
    let words = lines(of: text)
    guard words.contains(where: { $0.first == "server_name" && $0.contains(site) }) else {
      return []
    }
    return Set(
      words.filter { $0.first == "listen" }.compactMap { Int($0[1]) }
        .map { Server(site: site, address: "", port: $0) })
  }

  private mutating func readFirewall(_ text: String) {
    var sets: [String: Set<String>] = [:]
    var name = ""
    for words in Self.lines(of: text) {
      switch words.first {
      case "set", "chain": name = words[1]
      case "type" where name == "input": opensTheRest = words.last == "accept"
      case "ip" where name == "prerouting":
        let to = words[words.count - 1].split(separator: ":")
        translations[Int(words[9]) ?? 0] = Translation(
          from: sets[String(words[2].dropFirst())] ?? [], address: String(to[0]),
          port: Int(to[1]) ?? 0)
      case _ where ["forward", "output", "postrouting"].contains(name): break
      case "tcp" where words.last == "accept": openings[Int(words[2]) ?? 0] = .some(nil)
      case "tcp" where words.last == "drop":
        if openings[Int(words[2]) ?? 0] == nil { openings[Int(words[2]) ?? 0] = [] }
      case "ip" where words.count == 7 && words[2].hasPrefix("@"),
        "ip6" where words.count == 7 && words[2].hasPrefix("@"):
        let others = openings[Int(words[5]) ?? 0].flatMap(\.self) ?? []
        openings[Int(words[5]) ?? 0] =
          others.union(sets[String(words[2].dropFirst())] ?? [])
      case let word? where word.hasSuffix(",") && (word.contains(".") || word.contains(":")):
        sets[name, default: []].insert(String(word.dropLast()))
      default: break
      }
    }
  }

  /// Where its connections to an upstream come from. Without a binding it has one address of this family.
  func source(to upstream: Server, on name: String) -> String {
    bindings[upstream.site]
      ?? (upstream.address.contains(":")
        ? FleetSpec.ipv6Address(of: name) : FleetSpec.address(of: name, 0))
  }

  func letsIn(_ address: String, to port: Int) -> Bool {
    guard let opening = openings[port] else { return opensTheRest }
    return opening?.contains(address) ?? true
  }
}

extension RenderedHost {
  /// An address that no host has: what is open to it is open to every source.
  private static let stranger = "203.0.113.9"

  /// The ports that its nginx listens on only for front-ends but that its rules leave open to every source.
  var exposedPorts: [Int] {
    let visited = Set(entrances.map(\.port))
    return Set(servers.map(\.port)).subtracting(visited).filter { letsIn(Self.stranger, to: $0) }
      .sorted()
  }
}

/// A fleet at one instant.
struct RenderedFleet {
  var hosts: [String: RenderedHost] = [:]

  struct Edge: Hashable, Comparable {
    var site: String
    var frontEnd: String
    var backEnd: String

    static func < (left: Edge, right: Edge) -> Bool {
      (left.site, left.frontEnd, left.backEnd) < (right.site, right.frontEnd, right.backEnd)
    }
  }

  /// What is wrong with an edge.
  struct Failure: CustomStringConvertible {
    var description: String
    /// The route of the front-end: one that does not work may lead elsewhere than before.
    var frontEnd: String
    var upstream: RenderedHost.Server

    func isSame(as other: Failure) -> Bool {
      (frontEnd, upstream) == (other.frontEnd, other.upstream)
    }
  }

  /// Every edge that some front-end has in its configuration, and what is wrong with it.
  func edges(machines: [String: String]) -> [Edge: Failure?] {
    var edges: [Edge: Failure?] = [:]
    for (name, frontEnd) in hosts {
      for upstream in frontEnd.upstreams {
        let source = frontEnd.source(to: upstream, on: name)
        let arrival = arrival(of: upstream, from: source, machines)
        let backEnd = machines[arrival.address] ?? arrival.address
        let edge = Edge(site: upstream.site, frontEnd: name, backEnd: backEnd)
        let failure = failure(of: arrival, from: frontEnd, at: source, to: hosts[backEnd])
          .map { Failure(description: $0, frontEnd: name, upstream: upstream) }
        if edges[edge] == nil || failure != nil { edges[edge] = .some(failure) }
      }
    }
    return edges
  }

  /// The target of a forwarded connection.
  private func arrival(
    of upstream: RenderedHost.Server, from source: String, _ machines: [String: String]
  ) -> RenderedHost.Server {
    guard let host = machines[upstream.address].flatMap({ hosts[$0] }),
      let translation = host.translations[upstream.port],
      translation.from.contains(source)
    else { return upstream }
    return RenderedHost.Server(
      site: upstream.site, address: translation.address, port: translation.port)
  }

  private func failure(
    of upstream: RenderedHost.Server, from frontEnd: RenderedHost, at source: String,
    to backEnd: RenderedHost?
  ) -> String? {
    guard let backEnd else { return "no host has \(upstream.address)" }
    if !backEnd.letsIn(source, to: upstream.port) { return "shut out" }
    let server = RenderedHost.Server(site: upstream.site, address: "", port: upstream.port)
    if !backEnd.servers.contains(server) { return "not served on \(upstream.port)" }
    let hello = ["$host": upstream.site, "$ssl_server_name": upstream.site]
    if let status = backEnd.gates[upstream.site]?.refusal(
      of: hello.merging(["$ssl_client_s_dn": frontEnd.clientSubject]) { $1 })
    {
      return "refused with \(status)"
    }
    if !backEnd.serverNames.contains(upstream.site) { return "wrong name" }
    if !frontEnd.trusts.contains(backEnd.serverIssuer ?? "") { return "server not trusted" }
    if !backEnd.trusts.contains(frontEnd.clientIssuer ?? "") { return "client not trusted" }
    if backEnd.refuses(frontEnd.clientSerial, of: frontEnd.clientIssuer ?? "") {
      return "client revoked"
    }
    if frontEnd.refuses(backEnd.serverSerial, of: backEnd.serverIssuer ?? "") {
      return "server revoked"
    }
    return nil
  }
}
