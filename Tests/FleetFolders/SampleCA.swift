package import CAStore
package import Certificates
import Diagnostics
import Fleet
package import Inventories
package import State

/// What tests make CAs of.
package enum SampleCA {
  package static let passphrase = Secret(copying: Array("correct horse".utf8))
  package static let now: Int64 = 1_800_000_000
  package static let day: Int64 = 86_400

  package static func policy(_ name: String = "Shop Center") -> CAPolicy {
    guard let name = CommonName(name) else { preconditionFailure("\(name) is not a common name.") }
    return CAPolicy(
      name: name, place: SourcePlace(file: "shop.yml", line: 2, column: 1))
  }
}

extension CAFolder {
  /// Makes a generation with the sample's passphrase.
  @discardableResult
  package func add(_ name: String = "Shop Center") throws -> CAGeneration {
    try add(SampleCA.policy(name), passphrase: SampleCA.passphrase, now: SampleCA.now)
  }

  /// Each generation with its status, in their order.
  package func summary() throws -> [String] {
    try generations().map { "\($0.generation) \($0.status.rawValue)" }
  }
}
