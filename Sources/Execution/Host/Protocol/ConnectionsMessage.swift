/// What is under way on a host: connections of its front-ends, and requests of nginx workers that are shutting down.
enum ConnectionsMessage: HostMessage {
  case open(Int)
  case retiring(Int)
  case end

  enum Word: String, CaseIterable { case open, retiring, end }

  init(_ word: Word, _ value: String) throws(ConversationFault) {
    switch word {
    case .open: self = .open(try Self.count(value, of: word))
    case .retiring: self = .retiring(try Self.count(value, of: word))
    case .end: self = try HostValues.bare(value, of: word.rawValue, .end)
    }
  }

  private static func count(_ value: String, of word: Word) throws(ConversationFault) -> Int {
    try HostValues.integer(value, in: 0...10_000_000, of: word.rawValue)
  }
}

/// How much is under way on a host.
package struct OpenConnections: Hashable, Sendable {
  /// TCP connections of the peers that were asked about.
  package var count: Int
  /// The nginx workers that are shutting down, and end the requests that they have begun.
  package var retiringWorkers: Int

  package init(count: Int, retiringWorkers: Int = 0) {
    self.count = count
    self.retiringWorkers = retiringWorkers
  }
}
