import Files
import Fleet
import Inventories
import State

/// The files beside an inventory with the address ranges of content delivery networks, such as
/// `shop.cloudflare.txt`. `deploy cdn update` writes them.
struct NetworkFiles: Sendable {
  /// The inventory's path without its ending.
  let stem: String

  func path(of network: KnownNetwork) -> String { "\(stem).\(network.rawValue).txt" }

  /// The saved ranges. A network without a file has the ranges that deploy was built with.
  func read() throws -> [KnownNetwork: PublishedRanges] {
    var networks: [KnownNetwork: PublishedRanges] = [:]
    for network in KnownNetwork.allCases {
      let path = path(of: network)
      guard
        let bytes = try Failure.naming(
          .invalidInput,
          { () throws(FileError) in
            try FileReader.readIfPresent(path, as: .keptRanges)
          })
      else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(RangeList.Mistake) {
        let ranges = try PublishedRanges(reading: text)
        guard ranges.publishedAt != nil else {
          throw RangeList.Mistake(description: "\(ranges.date) is not a date")
        }
        networks[network] = ranges
      } catch {
        throw Failure(
          .invalidInput,
          "\(path): \(error). Replace it with \"deploy cdn update\", or remove it to use the ranges that"
            + " deploy was built with.")
      }
    }
    return networks
  }

  /// Replaces the file of a network, atomically.
  func write(_ ranges: PublishedRanges, of network: KnownNetwork) throws {
    try FileWriter.replace(path(of: network), text: ranges.text, for: .everyone)
  }
}
