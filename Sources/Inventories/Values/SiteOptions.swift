package import Fleet

/// How a site's servers treat requests, if nginx's defaults are not suitable: timeouts, body size,
/// WebSockets and response headers.
package struct RequestPolicy: Hashable, Sendable {
  package var timeouts: Timeouts
  /// The largest body of a request; nil keeps nginx's default, 1m.
  package var maxBodySize: ByteCount?
  /// Whether requests may become WebSockets (RFC 6455).
  package var webSockets: Bool
  /// Sent with every answer, sorted by name.
  package var headers: [ResponseHeader]

  package init(
    timeouts: Timeouts = Timeouts(), maxBodySize: ByteCount? = nil, webSockets: Bool = false,
    headers: [ResponseHeader] = []
  ) {
    self.timeouts = timeouts
    self.maxBodySize = maxBodySize
    self.webSockets = webSockets
    self.headers = headers
  }
}

/// How long a front-end waits for a back-end, and a back-end for its application.
package struct Timeouts: Hashable, Sendable {
  /// Until a connection is established.
  package var connect: Period
  /// Between two reads of an answer.
  package var read: Period
  /// Between two writes of a request.
  package var send: Period

  package init(
    connect: Period = .seconds(5), read: Period = .seconds(60), send: Period = .seconds(60)
  ) {
    self.connect = connect
    self.read = read
    self.send = send
  }
}

/// An HTTP header field that nginx adds to a site's responses (RFC 9110, 5).
package struct ResponseHeader: Hashable, Sendable, Comparable {
  package var name: HeaderName
  package var value: HeaderValue

  package init(name: HeaderName, value: HeaderValue) {
    self.name = name
    self.value = value
  }

  package static func < (left: Self, right: Self) -> Bool { left.name < right.name }
}

/// What front-ends need to staple responses of the certificate's OCSP responder (RFC 6066, 8).
package struct Stapling: Hashable, Sendable {
  /// The certificates of the issuers, with which responses are verified.
  package var chain: LocalFile
  /// Name servers that nginx asks for the responder's address.
  package var resolvers: [IPAddress]

  package init(chain: LocalFile, resolvers: [IPAddress]) {
    self.chain = chain
    self.resolvers = resolvers
  }
}

/// The content delivery network between visitors and a site's front-ends (`cdn:`).
package enum ContentNetwork: Hashable, Sendable {
  /// A network by name. Its ranges come with `deploy`, or from `deploy cdn update`.
  case known(KnownNetwork)
  /// Sorted; with the header in which the network sends a visitor's address.
  case listed([AddressRange], header: HeaderName)
}

/// A network whose ranges are built into deploy.
package enum KnownNetwork: String, Hashable, Sendable, CaseIterable, Comparable {
  case cloudflare

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The address ranges of a content delivery network, with their date: built into deploy, or saved
/// by `deploy cdn update`.
package struct PublishedRanges: Hashable, Sendable {
  /// The day of publication, or of the update that saved them, such as `2026-10-05`.
  package var date: String
  /// Sorted.
  package var ranges: [AddressRange]
  /// The URLs from which the ranges were downloaded; empty if they came from elsewhere.
  package var sources: [String]

  /// The beginning of that day; nil if ``date`` is not a date.
  package var publishedAt: Timestamp? { Timestamp("\(date)T00:00:00Z") }

  package init(date: String, ranges: [AddressRange], from sources: [String] = []) {
    self.date = date
    self.ranges = ranges.sorted()
    self.sources = sources
  }
}

extension Inventory {
  /// The newest list of a network's ranges: the saved one, or else that of the program.
  package func published(_ network: KnownNetwork) -> PublishedRanges {
    networks[network] ?? network.shipped
  }

  /// The addresses from which a network connects.
  package func ranges(of network: ContentNetwork) -> [AddressRange] {
    switch network {
    case .known(let network): published(network).ranges
    case .listed(let ranges, _): ranges
    }
  }

  /// The networks that at least one site uses.
  package var usedNetworks: [KnownNetwork] {
    Set(
      sites.compactMap { site in
        if case .known(let network) = site.network { network } else { nil }
      }
    ).sorted()
  }
}

extension ContentNetwork {
  /// The request header in which the network sends the visitor's address.
  package var header: HeaderName {
    switch self {
    case .known(.cloudflare): .cloudflareClient
    case .listed(_, let header): header
    }
  }
}
