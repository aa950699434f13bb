import CAStore
import Certificates
import FleetFolders
import Inventories
import State
import Testing

let passphrase = SampleCA.passphrase
let now = SampleCA.now
let day = SampleCA.day

func policy(_ name: String = "Shop Center") -> CAPolicy { SampleCA.policy(name) }

extension CAFolder {
  func startRotation() throws -> [CAGeneration] {
    try startRotation(policy(), from: generations(), passphrase: passphrase, now: now)
    return try generations()
  }
}

/// The message of the failure that `body` ends with.
func message(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> String {
  let error = #expect(throws: (any Error).self, sourceLocation: location) { try body() }
  return error.map { "\($0)" } ?? ""
}
