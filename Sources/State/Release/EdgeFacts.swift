import Fleet

/// What a release does for the fleet's edges: all that the edge model has to know of a host beside its
/// certificates.
///
/// Written into the release's manifest, so that the next plan can accept what was in force together
/// with what will be, whichever machine makes it.
package struct EdgeFacts: Hashable, Sendable, Codable {
  /// Where the host is reached, and where its front-end's connections come from.
  package var address: String
  /// The key identifiers of the authorities that it accepts, sorted.
  package var trusts: [String]
  /// The serials of revoked certificates that it refuses, sorted; nil where it has no revocation lists.
  package var refuses: [String]?
  /// What its firewall lets in, sorted by port.
  package var openings: [Opening]
  /// The ports that lead to a machine behind the host, sorted.
  package var publications: [Publication]
  /// The sites that it serves to front-ends, sorted.
  package var services: [Service]
  /// Where its front-end sends requests, sorted.
  package var routes: [Route]

  /// What the firewall lets in.
  package struct Opening: Hashable, Sendable, Codable {
    /// The first port; nil for what has no ports, and for all that no other opening names.
    package var port: Int?
    /// The last port of several.
    package var lastPort: Int?
    /// `udp`, or a protocol without ports; nil for TCP, and for all that no other opening names.
    package var kind: String?
    /// Addresses and ranges, sorted; nil for everybody.
    package var from: [String]?
    /// For readers.
    package var why: String

    package static let udp = "udp"

    package init(
      port: Int?, lastPort: Int? = nil, kind: String? = nil, from: [String]?, why: String
    ) {
      self.port = port
      self.lastPort = lastPort
      self.kind = kind
      self.from = from
      self.why = why
    }
  }

  /// A port that leads to a machine behind the host.
  package struct Publication: Hashable, Sendable, Codable {
    package var port: Int
    /// The machine, by its name in the fleet.
    package var host: String
    package var address: String
    package var target: Int
    /// The network behind the host, where its own address stands in for others.
    package var network: String
    /// Addresses, sorted.
    package var from: [String]
    /// For readers.
    package var why: String

    package init(
      port: Int, host: String, address: String, target: Int, network: String, from: [String],
      why: String
    ) {
      self.port = port
      self.host = host
      self.address = address
      self.target = target
      self.network = network
      self.from = from
      self.why = why
    }
  }

  /// A site on a port that asks for a client certificate.
  package struct Service: Hashable, Sendable, Codable, Comparable {
    package var site: String
    package var port: Int
    /// The common names of the client certificates that may use it, sorted; nil for every one of the CA,
    /// as in releases of 0.1.0.
    package var frontEnds: [String]?

    package init(site: String, port: Int, frontEnds: [String]?) {
      self.site = site
      self.port = port
      self.frontEnds = frontEnds
    }

    package static func < (left: Service, right: Service) -> Bool {
      (left.site, left.port) < (right.site, right.port)
    }
  }

  /// A back-end that a front-end sends a site's requests to.
  package struct Route: Hashable, Sendable, Codable, Comparable {
    package var site: String
    package var host: String
    package var address: String
    package var port: Int

    package init(site: String, host: String, address: String, port: Int) {
      self.site = site
      self.host = host
      self.address = address
      self.port = port
    }

    package static func < (left: Route, right: Route) -> Bool {
      (left.site, left.host, left.port, left.address)
        < (right.site, right.host, right.port, right.address)
    }
  }

  package init(
    address: String = "", trusts: [String] = [], refuses: [String]? = nil,
    openings: [Opening] = [], publications: [Publication] = [], services: [Service] = [],
    routes: [Route] = []
  ) {
    self.address = address
    self.trusts = trusts
    self.refuses = refuses
    self.openings = openings
    self.publications = publications
    self.services = services
    self.routes = routes
  }
}

extension EdgeFacts {
  /// A line each, as the manifest has them.
  var lines: [String] {
    (address.isEmpty ? [] : ["address \(address)"])
      + trusts.map { "trusts \($0)" }
      + (refuses.map { ["refuses \($0.isEmpty ? "nobody" : $0.joined(separator: ","))"] } ?? [])
      + openings.map { opening in
        "opens \(opening.target)"
          + " \(opening.from.map { $0.isEmpty ? "nobody" : $0.joined(separator: ",") } ?? "everybody")"
          + " \(opening.why)"
      }
      + publications.map {
        "publishes \($0.port) \($0.host) \($0.address) \($0.target) \($0.network)"
          + " \($0.from.isEmpty ? "nobody" : $0.from.joined(separator: ",")) \($0.why)"
      }
      + services.map { service in
        "serves \(service.site) \(service.port)"
          + (service.frontEnds.map { " \($0.isEmpty ? "-" : $0.joined(separator: ","))" } ?? "")
      }
      + routes.map { "routes \($0.site) \($0.host) \($0.address) \($0.port)" }
  }

  /// The same lines by their first word.
  package var linesByKind: [String: [String]] {
    Dictionary(grouping: lines) { String($0.prefix { $0 != " " }) }
  }

  /// Takes one line of a manifest; false where it is none of these.
  mutating func read(_ line: Substring) -> Bool {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return false }
    let count = ["opens": 3, "publishes": 7, "serves": 3, "routes": 4][words[0]] ?? 1
    let fields = words[1].split(
      separator: " ", maxSplits: count - 1, omittingEmptySubsequences: false
    ).map(String.init)
    // Releases of 0.1.0 do not say whom they serve a site to.
    guard fields.count == count || words[0] == "serves" && fields.count == 2 else { return false }
    switch words[0] {
    case "address": address = fields[0]
    case "trusts": trusts.append(fields[0])
    case "refuses":
      refuses = fields[0] == "nobody" ? [] : fields[0].split(separator: ",").map(String.init)
    case "opens":
      guard let target = Opening.target(fields[0]) else { return false }
      let from: [String]? =
        switch fields[1] {
        case "everybody": nil
        case "nobody": []
        default: fields[1].split(separator: ",").map(String.init)
        }
      openings.append(
        Opening(
          port: target.port, lastPort: target.lastPort, kind: target.kind, from: from,
          why: fields[2]))
    case "publishes":
      guard let port = Int(fields[0]), let target = Int(fields[3]) else { return false }
      publications.append(
        Publication(
          port: port, host: fields[1], address: fields[2], target: target, network: fields[4],
          from: fields[5] == "nobody" ? [] : fields[5].split(separator: ",").map(String.init),
          why: fields[6]))
    case "serves":
      guard let port = Int(fields[1]) else { return false }
      let frontEnds = fields.count == 2 ? nil : fields[2].split(separator: ",").map(String.init)
      services.append(
        Service(site: fields[0], port: port, frontEnds: frontEnds == ["-"] ? [] : frontEnds))
    case "routes":
      guard let port = Int(fields[3]) else { return false }
      routes.append(Route(site: fields[0], host: fields[1], address: fields[2], port: port))
    default: return false
    }
    return true
  }
}

extension EdgeFacts.Opening {
  /// One word: `443`, `10000-20000`, `51820/udp`, `vrrp` or `others`.
  fileprivate var target: String {
    guard let port else { return kind ?? "others" }
    return "\(port)" + (lastPort.map { "-\($0)" } ?? "") + (kind.map { "/\($0)" } ?? "")
  }

  fileprivate static func target(
    _ word: String
  ) -> (port: Int?, lastPort: Int?, kind: String?)? {
    if word == "others" { return (nil, nil, nil) }
    let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts[0].utf8.first else { return nil }
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return parts.count == 1 && TextRule.word.accepts(word) ? (nil, nil, word) : nil
    }
    let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 1 || parts[1...] == [Self.udp], numbers.count <= 2,
      let port = numbers[0], let last = numbers.last ?? nil
    else { return nil }
    return (port, numbers.count == 2 ? last : nil, parts.count == 2 ? Self.udp : nil)
  }
}
