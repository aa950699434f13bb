import Files
import Fleet
import Foundation
import Inventories
import State
import StateFiles

/// The ranges of content delivery networks that are kept beside an inventory.
struct NetworkFiles {
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

/// Where a list of ranges is published.
struct RangeSource {
  let name: String

  private static let largest = FileKind.ranges.limit

  /// Downloads are left to curl, which knows the machine's proxies and certificates.
  func text() throws -> String {
    let bytes = isURL ? try download() : try FileReader.read(name, as: .ranges)
    guard bytes.count <= Self.largest, let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(
        .failed, "\(name) is no list of address ranges: it is not text of at most 1 MiB")
    }
    return text
  }

  private var isURL: Bool { name.contains("://") }

  /// What comes in the clear could be anybody's; only this machine itself may send it so.
  private var protocols: String {
    let isLocal = ["http://127.0.0.1", "http://[::1]"].contains { local in
      name == local || name.hasPrefix(local + ":") || name.hasPrefix(local + "/")
    }
    return isLocal ? "=http,https" : "=https"
  }

  private func download() throws -> [UInt8] {
    guard name.hasPrefix("https://") || protocols != "=https" else {
      throw Failure(
        .usage, "\(name) could be changed on its way: give an https:// URL, or a file")
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "curl", "--fail", "--silent", "--show-error", "--location", "--max-redirs", "3",
      "--proto", protocols, "--proto-redir", "=https", "--max-time", "60",
      "--max-filesize", String(Self.largest), "--", name,
    ]
    let output = Pipe(), error = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = error
    do {
      try process.run()
    } catch {
      throw Failure(.failed, "curl cannot be run: \(error.reason)")
    }
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(.failed, "\(name) cannot be had: \(words)")
    }
    return bytes
  }
}
