import Diagnostics
import Fleet

/// The name servers of a zone, each with its addresses.
struct NameServers: Hashable, Sendable {
  /// One server as the zone names it.
  struct Server: Hashable, Sendable {
    let name: String
    let addresses: [DNSServer]
  }

  /// With the final dot.
  let zone: String
  let servers: [Server]
}

extension DNSClient {
  /// The name that an alias (CNAME) leads to, or the name itself.
  ///
  /// An alias that stems from a wildcard does not count: as soon as the name has a record of its own, the
  /// wildcard no longer applies to it (RFC 4592).
  func target(of name: String) async throws(DNSError) -> String {
    var names = [name]
    while let next = try await alias(of: names[names.count - 1]) {
      guard names.count < 10, !names.contains(next) else {
        throw DNSError("the alias \(names[0]) leads to itself or through more than ten names")
      }
      names.append(next)
    }
    return names[names.count - 1]
  }

  private func alias(of name: String) async throws(DNSError) -> String? {
    guard let found = try await cname(name), let parent = Self.parent(of: name),
      try await cname("_deploy-no-such-name.\(parent)") != found
    else { return nil }
    return found
  }

  private func cname(_ name: String) async throws(DNSError) -> String? {
    try await look(up: name, "CNAME").records("CNAME").first { $0.name == name.lowercased() }?
      .target
  }

  /// Finds the zone that a name is in, and the servers that are authoritative for it.
  ///
  /// - Parameter port: where the servers answer; another one than DNS's is for tests.
  func nameServers(for name: String, port: Port = .dns) async throws(DNSError) -> NameServers {
    let zone = try await zone(of: name)
    let names = try await look(up: zone, "NS").records("NS").map(\.target)
    var servers: [NameServers.Server] = []
    for name in Set(names).sorted() {
      var addresses: [DNSServer] = []
      for type in ["A", "AAAA"] {
        addresses += try await look(up: name, type).records(type).compactMap { record in
          IPAddress(record.data).map { DNSServer($0, port: port) }
        }
      }
      servers.append(NameServers.Server(name: name, addresses: addresses))
    }
    guard servers.contains(where: { !$0.addresses.isEmpty }) else {
      throw DNSError("the zone \(HostText(zone)) has no name server with an address")
    }
    return NameServers(zone: zone, servers: servers.filter { !$0.addresses.isEmpty })
  }

  /// The longest end of a name that has an SOA record.
  private func zone(of name: String) async throws(DNSError) -> String {
    var candidate: String? = name
    while let zone = candidate {
      let records = try await look(up: zone, "SOA").records("SOA")
      if records.contains(where: { $0.name == zone.lowercased() }) { return zone }
      candidate = Self.parent(of: zone)
    }
    throw DNSError("no zone of \(HostText(name)) is known")
  }

  /// The name without its first label; nil for a top-level domain.
  static func parent(of name: String) -> String? {
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let rest = name[name.index(after: dot)...]
    return rest.isEmpty ? nil : String(rest)
  }
}
