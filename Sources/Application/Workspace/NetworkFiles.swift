import Files
import Fleet
import Inventories
import State

/// The ranges of content delivery networks that are kept beside an inventory.
struct NetworkFiles: Sendable {
  /// The inventory's path without its ending.
  let stem: String

  func path(of network: KnownNetwork) -> String { "\(stem).\(network.rawValue).txt" }

  /// What is kept; nothing of a network whose ranges are those that deploy was made with.
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
        guard Timestamp("\(ranges.date)T00:00:00Z") != nil else {
          throw RangeList.Mistake(description: "\(ranges.date) is no date")
        }
        networks[network] = ranges
      } catch {
        throw Failure(
          .invalidInput,
          "\(path): \(error). Bring it up to date by \"deploy cdn update\", or remove it for the"
            + " ranges that deploy was made with.")
      }
    }
    return networks
  }

  func write(_ ranges: PublishedRanges, of network: KnownNetwork) throws {
    try FileWriter.replace(path(of: network), text: ranges.text, for: .everyone)
  }
}
