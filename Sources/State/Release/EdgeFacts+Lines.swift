import Fleet

// Edge facts as lines of a manifest, such as `opens 443 198.18.0.10 front-ends of shop.example`.

extension EdgeFacts {
  /// One line of the manifest for each fact.
  var lines: [String] {
    (address.map { ["address \($0)"] } ?? [])
      + otherAddresses.map { "reached-at \($0)" }
      + trusts.map { "trusts \($0)" }
      + (refuses.map { ["refuses \($0.isEmpty ? "nobody" : $0.joined(separator: ","))"] } ?? [])
      + openings.map { "opens \($0.target.word) \($0.from.word) \($0.why)" }
      + publications.map {
        "publishes \($0.port) \($0.host) \($0.address) \($0.target) \($0.network)"
          + " \(Opening.Source.ranges($0.from).word) \($0.why)"
      }
      + services.map { service in
        "serves \(service.site) \(service.port)"
          + (service.frontEnds.map { " \($0.isEmpty ? "-" : $0.joined(separator: ","))" } ?? "")
      }
      + routes.map { route in
        "routes \(route.site) \(route.host) \(route.address) \(route.port)"
          + (route.source.map { " \($0)" } ?? "")
      }
  }

  /// The lines, grouped by their first word.
  package var linesByKind: [String: [String]] {
    Dictionary(grouping: lines) { String($0.prefix { $0 != " " }) }
  }

  /// Reads one line of a manifest; returns false if it is not an edge fact.
  mutating func read(_ line: Substring) -> Bool {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return false }
    let count = ["opens": 3, "publishes": 7, "serves": 3, "routes": 5][words[0]] ?? 1
    let fields = words[1].split(
      separator: " ", maxSplits: count - 1, omittingEmptySubsequences: false
    ).map(String.init)
    // Releases of 0.1.0 do not list the front-ends of a site, and most routes have the host's address as their source.
    let hasFewer = ["serves", "routes"].contains(words[0]) && fields.count == count - 1
    guard fields.count == count || hasFewer else { return false }
    switch words[0] {
    case "address":
      address = IPAddress(fields[0])
      return address != nil
    case "reached-at": return append(IPAddress(fields[0]), to: \.otherAddresses)
    case "trusts": trusts.append(fields[0])
    case "refuses":
      refuses = fields[0] == "nobody" ? [] : fields[0].split(separator: ",").map(String.init)
    case "opens": return append(Opening(manifestFields: fields), to: \.openings)
    case "publishes":
      return append(Publication(manifestFields: fields, on: address), to: \.publications)
    case "serves": return append(Service(manifestFields: fields), to: \.services)
    case "routes": return append(Route(manifestFields: fields), to: \.routes)
    default: return false
    }
    return true
  }

  private mutating func append<Fact>(
    _ fact: Fact?, to facts: WritableKeyPath<EdgeFacts, [Fact]>
  ) -> Bool {
    guard let fact else { return false }
    self[keyPath: facts].append(fact)
    return true
  }
}

extension Opening {
  fileprivate init?(manifestFields fields: [String]) {
    guard let target = Target(word: fields[0]), let from = Source(word: fields[1]) else {
      return nil
    }
    self.init(target, from: from, why: fields[2])
  }
}

extension Publication {
  /// - Parameter containerHost: the address of the host, which a manifest has in an earlier line.
  fileprivate init?(manifestFields fields: [String], on containerHost: IPAddress?) {
    guard let containerHost, let port = Port(fields[0]), let host = HostName(fields[1]),
      let address = IPAddress(fields[2]), let target = Port(fields[3]),
      let network = AddressRange(fields[4]),
      case .ranges(let from)? = Opening.Source(word: fields[5])
    else { return nil }
    self.init(
      containerHost: containerHost, port: port, host: host, address: address, target: target,
      network: network, from: from, why: fields[6])
  }
}

extension EdgeFacts.Service {
  fileprivate init?(manifestFields fields: [String]) {
    guard let site = DomainName(fields[0]), let port = Port(fields[1]) else { return nil }
    self.init(site: site, port: port, frontEnds: nil)
    guard fields.count > 2 else { return }
    let names = fields[2] == "-" ? [] : fields[2].split(separator: ",").map { HostName(String($0)) }
    guard !names.contains(nil) else { return nil }
    frontEnds = names.compactMap(\.self)
  }
}

extension EdgeFacts.Route {
  fileprivate init?(manifestFields fields: [String]) {
    guard let site = DomainName(fields[0]), let host = HostName(fields[1]),
      let address = IPAddress(fields[2]), let port = Port(fields[3])
    else { return nil }
    self.init(site: site, host: host, address: address, port: port)
    guard fields.count > 4 else { return }
    source = IPAddress(fields[4])
    if source == nil { return nil }
  }
}

extension Opening.Source {
  /// One word: `everybody`, `nobody`, or ranges separated by commas.
  fileprivate var word: String {
    switch self {
    case .everybody: "everybody"
    case .ranges(let ranges) where ranges.isEmpty: "nobody"
    case .ranges(let ranges): ranges.map(\.description).joined(separator: ",")
    }
  }

  fileprivate init?(word: String) {
    switch word {
    case "everybody": self = .everybody
    case "nobody": self = .ranges([])
    default:
      let ranges = word.split(separator: ",").map { AddressRange(String($0)) }
      guard !ranges.contains(nil) else { return nil }
      self = .ranges(ranges.compactMap(\.self))
    }
  }
}

extension Opening.Target {
  /// One word: `443`, `10000-20000`, `51820/udp`, `vrrp` or `others`.
  fileprivate var word: String {
    switch self {
    case .tcp(let port): "\(port)"
    case .tcpRange(let ports): "\(ports)"
    case .udp(let ports): "\(ports)/udp"
    case .other(let other): other.rawValue
    case .everythingElse: "others"
    }
  }

  fileprivate init?(word: String) {
    if word == "others" {
      self = .everythingElse
    } else if let other = IPProtocol(rawValue: word) {
      self = .other(other)
    } else {
      let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard let ports = PortRange(parts[0]), parts.count == 1 || parts[1...] == ["udp"] else {
        return nil
      }
      self.init(parts.count == 2 ? .udp(ports) : .tcp(ports))
    }
  }
}

extension Port {
  fileprivate init?(_ text: String) {
    guard let number = Int(text) else { return nil }
    self.init(number)
  }
}
