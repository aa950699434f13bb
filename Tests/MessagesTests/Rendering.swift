import Foundation
import TestSupport
import Testing

/// A file of messages that only hosts can provoke, each made from a sample, below a line that says which.
struct Rendering {
  private let name: String
  private var lines: [String] = []

  init(_ name: String) { self.name = name }

  /// - Parameter what: what the message is of: a case, or what a host said.
  mutating func add(_ what: String, _ message: String) {
    lines += ["# " + what, message, ""]
  }

  func check(_ sourceLocation: SourceLocation = #_sourceLocation) throws {
    let url = Topic.folder.appending(path: name + ".txt")
    try expect(lines.dropLast().joined(separator: "\n") + "\n", in: url, sourceLocation)
  }
}

/// Records an issue with the lines that are different where a file does not hold a text.
func expect(
  _ found: String, in url: URL, _ sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  guard try Golden.mismatch(found, with: url) != nil else { return }
  let changes = found.split(separator: "\n").difference(from: expected.split(separator: "\n")).map {
    change in
    switch change {
    case .insert(_, let line, _): "+ \(line)"
    case .remove(_, let line, _): "- \(line)"
    }
  }
  Issue.record(
    "\(url.lastPathComponent): DEPLOY_RECORD=1 records it\n\(changes.joined(separator: "\n"))",
    sourceLocation: sourceLocation)
}
