import CAStore
import Fleet
import Foundation
import System

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
