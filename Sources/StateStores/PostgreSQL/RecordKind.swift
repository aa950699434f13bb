internal import Fleet
internal import FoundationEssentials
package import State

/// The kinds of records of a state in a database, named like the fields of its JSON.
enum RecordKind: String, CaseIterable {
  case hosts, manifests, issued, revocations
  case caGenerations, retiredCAs, fleetKeys
  case rotation, drained, maintenance

  /// How the records of a kind form a field of the state.
  enum Shape { case object, array, single }

  var shape: Shape {
    switch self {
    case .hosts, .manifests, .drained: .object
    case .issued, .revocations, .caGenerations, .retiredCAs, .fleetKeys, .maintenance: .array
    case .rotation: .single
    }
  }
}

/// A record of a state in a database that is written, or removed if it has no content.
struct RecordChange: Sendable {
  var kind: RecordKind
  var key: String
  var content: (any Encodable & Sendable)?
}

extension FleetState {
  /// Whether another state has the same records, whatever its serial.
  package func hasSameRecords(as other: FleetState) -> Bool {
    lineage == other.lineage && recordChanges(to: other).isEmpty
  }

  /// The records that make another state of this one.
  func recordChanges(to next: FleetState) -> [RecordChange] {
    var changes: [RecordChange] = []
    func add<Value: Hashable & Encodable & Sendable>(
      _ kind: RecordKind, _ old: [String: Value], _ new: [String: Value]
    ) {
      for (key, value) in new where old[key] != value {
        changes.append(RecordChange(kind: kind, key: key, content: value))
      }
      for key in old.keys where new[key] == nil {
        changes.append(RecordChange(kind: kind, key: key, content: nil))
      }
    }
    add(.hosts, hosts.byText, next.hosts.byText)
    add(.manifests, manifests.byText, next.manifests.byText)
    add(.issued, issued.by(\.recordKey), next.issued.by(\.recordKey))
    add(.revocations, revocations.by(\.recordKey), next.revocations.by(\.recordKey))
    add(.caGenerations, caGenerations.by(\.recordKey), next.caGenerations.by(\.recordKey))
    add(.retiredCAs, retiredCAs.by(\.recordKey), next.retiredCAs.by(\.recordKey))
    add(.fleetKeys, fleetKeys.by(\.recordKey), next.fleetKeys.by(\.recordKey))
    add(.drained, drained.byText, next.drained.byText)
    add(.maintenance, maintenance.by(\.site.text), next.maintenance.by(\.site.text))
    add(.rotation, rotation.map { ["": $0] } ?? [:], next.rotation.map { ["": $0] } ?? [:])
    return changes.sorted { ($0.kind.rawValue, $0.key) < ($1.kind.rawValue, $1.key) }
  }

  /// The records that a change touches, as they are after it.
  func recordChanges(by change: StateChange) -> [RecordChange] {
    switch change {
    case .issued(let records): records.map(Self.issued)
    case .recorded(let host, let record):
      [RecordChange(kind: .hosts, key: host.text, content: record)]
        // A renamed host has the certificates of its former name too.
        + (record == nil
          ? [RecordChange(kind: .drained, key: host.text, content: drained[host])]
          : issued(to: host, at: Timestamp(secondsSince1970: 0)).map(Self.issued))
    case .expected(let host, _, _), .settled(let host, _):
      [RecordChange(kind: .manifests, key: host.text, content: manifests[host])]
    }
  }

  private static func issued(_ record: IssuanceRecord) -> RecordChange {
    RecordChange(kind: .issued, key: record.recordKey, content: record)
  }
}

extension IssuanceRecord {
  fileprivate var recordKey: String {
    "\(host) \(certificate.issuerKeyIdentifier) \(certificate.serial) \(path)"
  }
}

// Keys sort as the lists of the state do; what a record is does not depend on its place there, so runs side by side
// mean the same one.

extension CAGeneration {
  /// Retiring generations come first.
  fileprivate var recordKey: String {
    "\(status == .retiring ? 0 : 1) \(generation.recordKey) \(keyIdentifier)"
  }
}

extension RetiredCA {
  fileprivate var recordKey: String { "\(generation.recordKey) \(keyIdentifier)" }
}

extension FleetKey {
  fileprivate var recordKey: String { "\(generation.recordKey) \(publicKey)" }
}

extension Int {
  fileprivate var recordKey: String {
    let digits = "\(self)"
    return String(repeating: "0", count: Swift.max(0, 8 - digits.count)) + digits
  }
}

extension Revocation {
  fileprivate var recordKey: String { "\(issuerKeyIdentifier) \(serial)" }
}

extension Dictionary where Key == HostName {
  fileprivate var byText: [String: Value] {
    Dictionary<String, Value>(uniqueKeysWithValues: map { ($0.key.text, $0.value) })
  }
}

extension Array {
  fileprivate func by(_ key: (Element) -> String) -> [String: Element] {
    Dictionary(map { (key($0), $0) }, uniquingKeysWith: { $1 })
  }
}
