import Foundation
import State
import TestSupport
import Testing

@testable import StateStores

@Suite("A state that an earlier build wrote")
struct StoredStateTests {
  @Test("is read, and written again byte for byte")
  func roundTrip() throws { try expectToBeWritten("state.json", as: "state.json") }

  @Test("in the previous format with earlier names is read, and written in the present one")
  func earlierNames() throws { try expectToBeWritten("state-1.json", as: "state.json") }

  private func expectToBeWritten(_ name: String, as other: String) throws {
    let cases = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
    let stored = cases.appending(path: name)
    let bytes = Array(try Data(contentsOf: stored))
    let state = try StateFormat.decode(bytes, fleet: "shop", path: stored.path)
    let written = try StateFormat.encode(state, path: stored.path)
    #expect(
      try Golden.mismatch(
        String(decoding: written, as: UTF8.self), with: cases.appending(path: other)) == nil)
  }
}
