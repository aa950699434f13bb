package import Fleet

/// One change that a run makes to the state after it has begun, small enough to be written alone.
package enum StateChange: Hashable, Sendable {
  /// Certificates were signed.
  case issued([IssuanceRecord])
  /// A host has a release now; nil if `deploy` was removed from it.
  case recorded(HostName, HostRecord?)
  /// A manifest with this digest, made from that serial of the state, is sent to a host.
  case expected(HostName, digest: String, serial: Int)
  /// The manifest with this digest is current on a host; nil for none.
  case settled(HostName, digest: String?)
}

extension FleetState {
  /// Makes a change; its cost does not depend on the size of the fleet, except for a renamed host.
  package mutating func apply(_ change: StateChange) {
    switch change {
    case .issued(let records): recordIssued(records)
    case .recorded(let host, let record): self.record(record, of: host)
    case .expected(let host, let digest, let serial):
      expect(digest, fromSerial: serial, on: host)
    case .settled(let host, let digest): settle(digest, on: host)
    }
  }

  /// Makes the changes of a record, which has the serial that follows this state's.
  package mutating func apply(_ record: StateRecord) {
    for change in record.changes { apply(change) }
    serial = record.serial
  }
}

/// The changes that are written together during a run: one write of the state, one record of its journal.
package struct StateRecord: Hashable, Sendable, Codable {
  /// The serial of the state with these changes.
  package var serial: Int
  package var changes: [StateChange]

  package init(serial: Int, changes: [StateChange]) {
    self.serial = serial
    self.changes = changes
  }
}

extension StateChange: Codable {
  /// In JSON a change is an object whose only key says which one it is.
  private enum Key: String, CodingKey {
    case issued, recorded, removed, expected, settled
  }

  private struct Recorded: Codable {
    var host: HostName
    var record: HostRecord
  }

  private struct Expected: Codable {
    var host: HostName
    var digest: String
    var serial: Int
  }

  private struct Settled: Codable {
    var host: HostName
    var digest: String?
  }

  package init(from decoder: any Decoder) throws {
    let change = try decoder.container(keyedBy: Key.self)
    guard let key = change.allKeys.first, change.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "it is not a change of a state"))
    }
    switch key {
    case .issued: self = .issued(try change.decode([IssuanceRecord].self, forKey: key))
    case .recorded:
      let recorded = try change.decode(Recorded.self, forKey: key)
      self = .recorded(recorded.host, recorded.record)
    case .removed: self = .recorded(try change.decode(HostName.self, forKey: key), nil)
    case .expected:
      let expected = try change.decode(Expected.self, forKey: key)
      self = .expected(expected.host, digest: expected.digest, serial: expected.serial)
    case .settled:
      let settled = try change.decode(Settled.self, forKey: key)
      self = .settled(settled.host, digest: settled.digest)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var change = encoder.container(keyedBy: Key.self)
    switch self {
    case .issued(let records): try change.encode(records, forKey: .issued)
    case .recorded(let host, let record?):
      try change.encode(Recorded(host: host, record: record), forKey: .recorded)
    case .recorded(let host, nil): try change.encode(host, forKey: .removed)
    case .expected(let host, let digest, let serial):
      try change.encode(Expected(host: host, digest: digest, serial: serial), forKey: .expected)
    case .settled(let host, let digest):
      try change.encode(Settled(host: host, digest: digest), forKey: .settled)
    }
  }
}
