internal import Inventories

/// One rule of a chain, in the words of nft(8).
struct Rule: Hashable, Sendable, CustomStringConvertible {
  enum Match: Hashable, Sendable, CustomStringConvertible {
    case loopback
    case connection([ConnectionState])
    case icmp([ICMPType])
    case icmpv6([ICMPType])
    /// Sent from the link itself: a router would have lowered it.
    case neighbor
    case linkLocalSource
    case sourceIn(AddressSet)
    case destination(Port)
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
      case .destination(let port): "tcp dport \(port)"
      case .dhcpv6Reply: "udp sport 547 udp dport 546"
      }
    }
  }

  enum ConnectionState: String { case established, related, invalid }

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

  enum Verdict: String { case accept, drop }

  var matches: [Match]
  var verdict: Verdict

  init(_ matches: Match..., verdict: Verdict) {
    self.matches = matches
    self.verdict = verdict
  }

  var description: String {
    (matches.map(\.description) + [verdict.rawValue]).joined(separator: " ")
  }
}

/// A named set of addresses of one family.
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

    /// nft's word for the protocol.
    var keyword: String {
      switch self {
      case .ipv4: "ip"
      case .ipv6: "ip6"
      }
    }
  }

  let port: Port
  let family: Family
  /// None within another: nft refuses intervals that overlap.
  let ranges: [AddressRange]

  var name: String { "tcp_\(port)_\(family.rawValue)" }

  /// One for each family that the ranges have.
  static func sets(for port: Port, _ ranges: [AddressRange]) -> [AddressSet] {
    Family.allCases.compactMap { family in
      let own = ranges.filter { Family(of: $0.address) == family }
      return own.isEmpty ? nil : AddressSet(port: port, family: family, ranges: own)
    }
  }
}
