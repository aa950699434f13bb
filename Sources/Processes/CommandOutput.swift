import Diagnostics
package import Subprocess

/// Why the output of a program was not read to its end: it is longer than the caller accepts.
package struct OutputTooLong: Error, Hashable, Sendable {}

extension SubprocessOutputSequence {
  /// Everything that the program prints.
  ///
  /// - Throws: ``OutputTooLong`` if there is more.
  package func all(upTo mostBytes: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    // A growing array would leave copies of a secret in memory.
    bytes.reserveCapacity(mostBytes)
    for try await buffer in self {
      guard bytes.count + buffer.count <= mostBytes else { throw OutputTooLong() }
      buffer.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// The end of what the program prints, for the message of a failure: its last lines, escaped, in one line.
  package func lastLines() async throws -> String {
    let (mostBytes, mostLines) = (4096, 5)
    var end: [UInt8] = []
    for try await buffer in self {
      buffer.withUnsafeBytes { end.append(contentsOf: $0.suffix(mostBytes)) }
      if end.count > mostBytes { end.removeFirst(end.count - mostBytes) }
    }
    return HostText.lines(of: end, most: mostBytes).suffix(mostLines).map(\.text)
      .joined(separator: "; ")
  }

  /// Passes lines on as they come.
  ///
  /// - Returns: the last one that is not blank, or nothing.
  package func lastLine(passing say: @Sendable (String) -> Void) async throws -> String {
    var last = ""
    for try await line in strings() {
      say(line)
      if line.contains(where: { !$0.isWhitespace }) { last = line }
    }
    return last
  }
}
