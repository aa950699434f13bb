import Fleet

/// One firewall rule: what a packet must match, and what happens to it then.
///
/// Its description is the rule in the syntax of nft(8). ``IPTables`` translates it for iptables(8).
struct Rule: Hashable, Sendable, CustomStringConvertible {
  /// A property of a packet. A rule applies to packets that have all properties of its matches.
  enum Match: Hashable, Sendable, CustomStringConvertible {
    case loopback
    /// The state that conntrack gives to its connection.
    case connection([ConnectionState])
    case icmp([ICMPType])
    case icmpv6([ICMPType])
    /// Sent from the link itself: its hop limit is 255, which a router would have lowered.
    case neighbor
    case linkLocalSource
    case sourceIn(AddressSet)
    /// Of IPv4.
    case sourceWithin(AddressRange)
    case destinationIn(AddressRange)
    case destinationOutside(AddressRange)
    /// To an address of the host itself.
    case localDestination
    case destination(Transport, PortRange)
    /// The protocol behind all headers of IP; for IPv6, also behind extension headers.
    case carries(IPProtocol)
    /// The header behind that of IPv6, which `carries` skips.
    case nextHeader(IPProtocol)
    /// The destination of its connection was translated (DNAT).
    case translated
    /// From a DHCPv6 server to a client (RFC 8415, 7.2).
    case dhcpv6Reply

    var description: String {
      switch self {
      case .loopback: "iifname \"lo\""
      case .connection(let states): "ct state \(states.map(\.rawValue).joined(separator: ","))"
      case .icmp(let types): "icmp type { \(types.map(\.rawValue).joined(separator: ", ")) }"
      case .icmpv6(let types): "icmpv6 type { \(types.map(\.rawValue).joined(separator: ", ")) }"
      case .neighbor: "ip6 hoplimit 255"
      case .linkLocalSource: "ip6 saddr fe80::/10"
      case .sourceIn(let set): "\(set.family.keyword) saddr @\(set.name)"
      case .sourceWithin(let range): "ip saddr \(range)"
      case .destinationIn(let range): "ip daddr \(range)"
      case .destinationOutside(let range): "ip daddr != \(range)"
      case .localDestination: "fib daddr type local"
      case .destination(let transport, let ports): "\(transport.rawValue) dport \(ports)"
      case .carries(let other): "meta l4proto \(other.number)"
      case .nextHeader(let other): "ip6 nexthdr \(other.number)"
      case .translated: "ct status dnat"
      case .dhcpv6Reply: "udp sport 547 udp dport 546"
      }
    }
  }

  enum Transport: String { case tcp, udp }

  /// The states of connections that rules name, as conntrack knows them.
  enum ConnectionState: String { case established, related, invalid }

  /// The messages of ICMP and ICMPv6 that rules name; the raw value is the name in nft(8).
  enum ICMPType: String {
    case destinationUnreachable = "destination-unreachable"
    case packetTooBig = "packet-too-big"
    case timeExceeded = "time-exceeded"
    case parameterProblem = "parameter-problem"
    case echoRequest = "echo-request"
    case redirect
    case multicastListenerQuery = "mld-listener-query"
    case routerAdvertisement = "nd-router-advert"
    case neighborSolicitation = "nd-neighbor-solicit"
    case neighborAdvertisement = "nd-neighbor-advert"
  }

  /// What happens to a packet that matches a rule.
  enum Verdict: Hashable, Sendable, CustomStringConvertible {
    case accept, drop
    /// The connection is forwarded to this address and port (DNAT).
    case translate(to: IPAddress, Port)
    /// The connection continues with this source address (SNAT).
    case comeFrom(IPAddress)
    /// The connection continues with the address of the outgoing interface as its source (SNAT).
    case masquerade

    var description: String {
      switch self {
      case .accept: "accept"
      case .drop: "drop"
      case .translate(let address, let port): "dnat ip to \(address):\(port)"
      case .comeFrom(let address): "snat ip to \(address)"
      case .masquerade: "masquerade"
      }
    }
  }

  var matches: [Match]
  var verdict: Verdict

  init(_ matches: Match..., verdict: Verdict) { self.init(matches, verdict: verdict) }

  init(_ matches: [Match], verdict: Verdict) {
    self.matches = matches
    self.verdict = verdict
  }

  var description: String {
    (matches.map(\.description) + [verdict.description]).joined(separator: " ")
  }
}

/// A named set of address ranges of one family, which rules match against the source of a packet.
/// In nftables it is a set of the table; iptables gets one rule for each range.
struct AddressSet: Hashable, Sendable {
  enum Family: String, Hashable, Sendable, CaseIterable {
    case ipv4
    case ipv6

    init(of address: IPAddress) {
      switch address {
      case .v4: self = .ipv4
      case .v6: self = .ipv6
      }
    }

    /// nft's keyword for the protocol.
    var keyword: String {
      switch self {
      case .ipv4: "ip"
      case .ipv6: "ip6"
      }
    }
  }

  let name: String
  let family: Family
  /// None within another: nft refuses intervals that overlap.
  let ranges: [AddressRange]

  /// One set for each family of the ranges.
  /// - Parameter target: the purpose in the set's name, such as `tcp_443`.
  static func sets(for target: String, _ ranges: [AddressRange]) -> [AddressSet] {
    Family.allCases.compactMap { family in
      let own = ranges.filter { Family(of: $0.address) == family }
      return own.isEmpty
        ? nil : AddressSet(name: "\(target)_\(family.rawValue)", family: family, ranges: own)
    }
  }
}
