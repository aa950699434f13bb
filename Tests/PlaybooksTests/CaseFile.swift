import Foundation
import Testing

/// A file with an input, a line `----`, and what is expected of it.
struct CaseFile: CustomTestStringConvertible {
  static let isRecording = ProcessInfo.processInfo.environment["DEPLOY_RECORD"] == "1"

  let url: URL
  let input: String
  let expected: String

  var testDescription: String { url.lastPathComponent }

  static let all: [CaseFile] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
    do {
      return try FileManager.default
        .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "case" }
        .sorted { $0.path < $1.path }
        .map(CaseFile.init)
    } catch {
      Issue.record(error)
      return []
    }
  }()

  private init(_ url: URL) throws {
    let parts = try String(contentsOf: url, encoding: .utf8)
      .split(separator: "\n----\n", maxSplits: 1, omittingEmptySubsequences: false)
    self.url = url
    input = parts[0] + "\n"
    expected = parts.count == 2 ? String(parts[1]) : ""
  }

  /// Compares, or writes what is found and fails.
  func expect(_ found: String) throws {
    guard Self.isRecording else {
      #expect(found == expected)
      return
    }
    try Data((input + "----\n" + found).utf8).write(to: url)
    Issue.record("Recorded. Review the file and run again without DEPLOY_RECORD.")
  }
}
