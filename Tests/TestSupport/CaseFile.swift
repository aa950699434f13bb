import Foundation

/// A file with an input, a line of dashes, and what is expected of it.
package struct CaseFile: Sendable, CustomStringConvertible {
  private static let separator = "\n----\n"

  private let url: URL
  package let input: String
  package let expected: String

  package var description: String { url.lastPathComponent }

  /// Every case in the folder `Cases` beside a test's own file, or in a folder in there.
  package static func all(
    in name: String = "", beside testFile: String = #filePath
  ) throws -> [CaseFile] {
    let folder = URL(filePath: testFile).deletingLastPathComponent()
      .appending(path: "Cases").appending(path: name)
    return try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "case" }
      .sorted { $0.path < $1.path }
      .map(CaseFile.init)
  }

  private init(_ url: URL) throws {
    let parts = try String(contentsOf: url, encoding: .utf8)
      .split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
    self.url = url
    input = parts[0] + "\n"
    expected = parts.count == 2 ? String(parts[1]) : ""
  }

  /// What is wrong with an outcome; nil where it is the one that the file expects.
  package func mismatch(_ found: String) throws -> String? {
    try Golden.mismatch(input + Self.separator.dropFirst() + found, with: url)
  }
}
