internal import Files
internal import FoundationEssentials
package import State

/// The history of a fleet's runs beside its state: a log with one JSON object on each line, to which runs add.
/// When it has become large, it is moved to `.1`, which replaces the one before.
///
/// Each line is added in one write, so runs need no lock for it. A line that is not complete, because a run was
/// killed or the disk was full, is skipped when the log is read; the next line begins on a new one.
package struct RunHistoryFile: HistoryLog {
  package let path: String
  package var name: String { path }
  /// The size from which the log is moved away.
  private let limit: Int

  /// Bytes; a run of a hundred hosts takes ten thousand.
  package static let usualLimit = 8 << 20

  /// - Parameter statePath: `shop.state.json` has the history `shop.runs.jsonl`.
  package init(forState statePath: String, limit: Int = usualLimit) {
    let stem = StateLock.stem(ofState: statePath)
    path = (stem.hasSuffix(".state") ? String(stem.dropLast(6)) : stem) + ".runs.jsonl"
    self.limit = limit
  }

  /// The older part of the log.
  package var earlierPath: String { path + ".1" }

  /// Adds an entry. Returns when it is on the disk.
  package func append(_ entry: RunEntry) throws(StateFileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: [UInt8]
    do {
      json = Array(try encoder.encode(entry))
    } catch {
      throw StateFileError(.malformed, path, "\(error). This is a bug in deploy.")
    }
    do throws(FileError) {
      if case .begun = entry { try moveIfLarge() }
      try FileWriter.append(line: json, to: path)
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
  }

  /// Reads both parts of the log; one that does not exist is empty.
  package func read() throws(StateFileError) -> HistoryContent {
    var content = HistoryContent()
    for path in [earlierPath, path] {
      let bytes: [UInt8]?
      do throws(FileError) {
        bytes = try FileReader.readIfPresent(path, as: .runHistory)
      } catch {
        throw StateFileError(.notReadable, path, error)
      }
      if let bytes { content.add(bytes, of: path) }
    }
    return content
  }

  private func moveIfLarge() throws(FileError) {
    guard let status = try FileReader.status(of: path), status.size > limit else { return }
    try FileWriter.move(path, to: earlierPath)
  }
}

extension HistoryContent {
  /// Adds the entries of lines of JSON.
  mutating func add(_ bytes: [UInt8], of path: String) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let decoder = JSONDecoder()
    for (index, line) in lines.enumerated() where !line.isEmpty {
      do {
        let entry = try decoder.decode(RunEntry.self, from: Data(line))
        try entry.check()
        entries.append(entry)
      } catch {
        // A run may be writing the last line just now.
        guard index < lines.count - 1 else { continue }
        skipped.append("\(path):\(index + 1): skipped: \(Self.reason(error, line))")
      }
    }
  }

  private static func reason(_ error: any Error, _ line: ArraySlice<UInt8>) -> String {
    if let mistake = error as? StateMistake { return "\(mistake)" }
    guard !line.isTruncatedJSONObject else {
      return "the line is not complete: its run was killed, or the disk was full"
    }
    guard let error = error as? DecodingError else { return "\(error)" }
    if case .dataCorrupted(let context) = error, context.codingPath.isEmpty {
      return "the line is not JSON"
    }
    return "\(error.mistake())"
  }
}
