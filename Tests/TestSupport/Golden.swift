package import Foundation

/// A file that holds what a test should find.
package enum Golden {
  /// What is wrong with a text; nil where it is what the file holds.
  ///
  /// With `DEPLOY_RECORD=1` the file is written, and that is wrong as well: the new text has to be read.
  package static func mismatch(_ found: String, with url: URL) throws -> String? {
    if ProcessInfo.processInfo.environment["DEPLOY_RECORD"] == "1" {
      try Data(found.utf8).write(to: url)
      return "recorded \(url.lastPathComponent): read it, then run again without DEPLOY_RECORD"
    }
    let expected = try String(contentsOf: url, encoding: .utf8)
    return found == expected ? nil : "found:\n\(found)\nexpected:\n\(expected)"
  }
}
