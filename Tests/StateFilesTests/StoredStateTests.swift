import Foundation
import State
import TestSupport
import Testing

@testable import StateFiles

@Suite("A state that an earlier build wrote")
struct StoredStateTests {
  @Test("is read, and written byte for byte as it was")
  func roundTrip() throws {
    let stored = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Cases/state.json")
    let bytes = Array(try Data(contentsOf: stored))
    let state = try StateFormat.decode(bytes, fleet: "shop", path: stored.path)
    let written = try StateFormat.encode(state, path: stored.path)
    #expect(try Golden.mismatch(String(decoding: written, as: UTF8.self), with: stored) == nil)
  }
}
