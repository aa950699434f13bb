import Fleet
import FleetLiterals
import Foundation
import State
import Testing

@Suite("A change of a state")
struct StateChangeTests {
  /// What each change stands for, without the change.
  private func make(_ change: StateChange, in state: inout FleetState) {
    switch change {
    case .issued(let records): state.recordIssued(records, at: .earliest)
    case .recorded(let host, let record): state.record(record, of: host)
    case .expected(let host, let digest, let serial):
      state.expect(digest, fromSerial: serial, on: host)
    case .settled(let host, let digest): state.settle(digest, on: host)
    }
  }

  @Test("is the same after it was encoded, and has the same effect")
  func roundTrip() throws {
    var samples = Samples(seed: 7)
    for _ in 0..<300 {
      var changed = samples.state()
      var replayed = changed
      for _ in 0..<10 {
        let changes = (0..<3).map { _ in
          let change = samples.change(of: changed)
          make(change, in: &changed)
          return change
        }
        changed.serial += 1
        let record = StateRecord(serial: changed.serial, changes: changes)
        let decoded = try JSONDecoder().decode(
          StateRecord.self, from: JSONEncoder().encode(record))
        #expect(decoded == record)
        replayed.apply(decoded)
      }
      #expect(replayed == changed)
      #expect(try JSONEncoder.sorted.encode(replayed) == JSONEncoder.sorted.encode(changed))
    }
  }

  @Test("of another kind, of two kinds or of none is refused")
  func unknown() {
    for text in [
      "{}", "{\"removed\":\"app-1\",\"issued\":[]}", "{\"renamed\":\"app-1\"}", "[]",
      "{\"removed\":\"../x\"}", "{\"settled\":{}}",
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(StateChange.self, from: Data(text.utf8))
      }
    }
  }
}

extension JSONEncoder {
  fileprivate static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }
}

@Suite("The certificates that the CA issued")
struct IssuedCertificatesTests {
  @Test("are sorted and without duplicates, in whichever order they are added")
  func order() {
    var samples = Samples(seed: 11)
    for _ in 0..<100 {
      var state = FleetState(fleet: "shop", lineage: "a1")
      var all: [IssuanceRecord] = []
      for _ in 0..<8 {
        guard case .issued(let records) = samples.change(of: state) else { continue }
        state.recordIssued(records)
        state.recordIssued(records.reversed())
        all += records
      }
      let sorted = all.sorted {
        ($0.host, $0.certificate.issuerKeyIdentifier, $0.certificate.serial)
          < ($1.host, $1.certificate.issuerKeyIdentifier, $1.certificate.serial)
      }
      #expect(state.issued == sorted)
    }
  }
}
