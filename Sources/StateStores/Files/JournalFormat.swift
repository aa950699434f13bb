internal import FoundationEssentials
internal import Hashing
internal import State

/// The state file that a journal continues.
struct JournalHeading: Hashable, Codable {
  static let currentVersion = 1

  var version = Self.currentVersion
  var lineage: String
  var serial: Int
  /// SHA-256 of the file.
  var state: String
}

/// What a journal has after its heading.
enum JournalEntry: Hashable {
  case record(StateRecord)
  /// The file with this SHA-256 is about to replace the state file, and has all records of the journal.
  case replacement(String)
}

/// A journal that was read.
struct Journal: Hashable {
  var heading: JournalHeading
  var records: [StateRecord] = []
  /// The digests of state files that have all the records.
  var replacements: [String] = []
  var end: JournalEnd
}

/// The end of a journal, which the next line continues.
struct JournalEnd: Hashable {
  static let start = JournalEnd(length: 0, digest: "")

  /// Bytes.
  var length: Int
  /// The digest of the last line.
  var digest: String
}

/// The text of a journal. Each line has the length of its JSON, a digest of that and of all lines before, and the
/// JSON. The first line is the heading.
enum JournalFormat {
  /// Reads a journal; nil if not even its heading is complete. A last line that is not complete was being written
  /// when the run was killed, and is left out.
  static func decode(_ bytes: [UInt8], path: String) throws(StateFileError) -> Journal? {
    var journal: Journal?
    var end = JournalEnd.start
    var number = 0
    while end.length < bytes.count {
      number += 1
      switch line(in: bytes, after: end) {
      case .whole(let json, let next):
        end = next
        let data = Data(bytes[json])
        if journal == nil {
          journal = Journal(heading: try heading(data, path), end: end)
        } else {
          try journal?.add(entry(data, number, path))
          journal?.end = end
        }
      case .torn: return journal
      case .damaged: throw damaged(number, journal, path)
      }
    }
    return journal
  }

  /// Encodes a value as the next line, and moves the end behind it.
  static func encode(
    _ value: some Encodable, at end: inout JournalEnd, path: String
  ) throws(StateFileError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: [UInt8]
    do {
      json = Array(try encoder.encode(value))
    } catch {
      throw StateFileError(.malformed, path, "\(error). This is a bug in deploy.")
    }
    end.digest = digest(of: json[...], after: end.digest)
    let line = Array("\(json.count) \(end.digest) ".utf8) + json + [UInt8(ascii: "\n")]
    end.length += line.count
    return line
  }

  // MARK: - Lines

  private enum Line {
    case whole(json: Range<Int>, end: JournalEnd)
    /// The last line, which is not complete.
    case torn
    case damaged
  }

  private static let digestLength = 64

  private static func line(in bytes: [UInt8], after end: JournalEnd) -> Line {
    let start = end.length
    let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
    let lineEnd = newline ?? bytes.count
    let incomplete: Line = lineEnd + 1 >= bytes.count ? .torn : .damaged
    let lengthEnd = bytes[start..<lineEnd].prefix(12).firstIndex(of: UInt8(ascii: " "))
    guard let lengthEnd, lengthEnd + digestLength + 1 < lineEnd,
      let length = Int(String(decoding: bytes[start..<lengthEnd], as: UTF8.self)), length >= 0
    else { return incomplete }
    let json = (lengthEnd + digestLength + 2)..<(lengthEnd + digestLength + 2 + length)
    // What is longer than its length was not cut off: two lines, for example, with a damaged end between them.
    guard json.upperBound >= lineEnd else { return .damaged }
    guard json.upperBound == lineEnd, newline != nil else { return incomplete }
    let digest = digest(of: bytes[json], after: end.digest)
    guard bytes[(lengthEnd + 1)..<(json.lowerBound - 1)].elementsEqual(digest.utf8),
      bytes[json.lowerBound - 1] == UInt8(ascii: " ")
    else { return incomplete }
    return .whole(json: json, end: JournalEnd(length: lineEnd + 1, digest: digest))
  }

  private static func digest(of json: ArraySlice<UInt8>, after previous: String) -> String {
    var digest = Digest()
    digest.update(previous)
    json.withUnsafeBytes { digest.update($0) }
    return digest.finish()
  }

  // MARK: - Values

  private struct Version: Decodable { var version: Int }

  private static func heading(
    _ data: Data, _ path: String
  ) throws(StateFileError) -> JournalHeading {
    let version = try value(Version.self, data, 1, path).version
    guard version <= JournalHeading.currentVersion else {
      throw StateFileError(
        .newerVersion, path,
        """
        the journal has version \(version), and this deploy reads versions up to \
        \(JournalHeading.currentVersion). Use the newer deploy that wrote it.
        """)
    }
    return try value(JournalHeading.self, data, 1, path)
  }

  private static func entry(
    _ data: Data, _ number: Int, _ path: String
  ) throws(StateFileError) -> JournalEntry {
    try value(JournalEntry.self, data, number, path)
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, _ data: Data, _ number: Int, _ path: String
  ) throws(StateFileError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      let mistake = (error as? DecodingError)?.mistake() ?? ValuePlace.root.mistake("\(error)")
      throw malformed(ValuePlace.root.at("line \(number)").mistake("\(mistake)"), path)
    }
  }

  /// The error about a journal with an invalid value.
  static func malformed(_ mistake: StateMistake, _ path: String) -> StateFileError {
    StateFileError(.malformed, path, "this is not a valid journal: \(mistake). \(recovery)")
  }

  private static func damaged(
    _ number: Int, _ journal: Journal?, _ path: String
  ) -> StateFileError {
    let base = journal.map { " It continues serial \($0.heading.serial) of the state." } ?? ""
    return StateFileError(
      .damaged, path,
      "line \(number) of the journal of an interrupted run is damaged.\(base) \(recovery)")
  }

  private static let recovery = """
    Restore the journal from a backup; or move it away and catch up from the hosts with \
    "deploy state rebuild".
    """
}

extension Journal {
  fileprivate mutating func add(_ entry: JournalEntry) {
    switch entry {
    case .record(let record): records.append(record)
    case .replacement(let digest): replacements.append(digest)
    }
  }
}

extension JournalEntry: Codable {
  private enum Key: String, CodingKey { case replacedBy }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self =
      if let digest = try container.decodeIfPresent(String.self, forKey: .replacedBy) {
        .replacement(digest)
      } else {
        .record(try StateRecord(from: decoder))
      }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .record(let record): try record.encode(to: encoder)
    case .replacement(let digest):
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(digest, forKey: .replacedBy)
    }
  }
}
