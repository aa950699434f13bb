import Certificates
import FoundationEssentials
import Hashing
import Planning
import State
import StateStores

/// Encodes and decodes the text of a saved plan: one JSON object, whose first line has the format,
/// its version and the SHA-256 of the version and the other lines, so that a damaged file is
/// detected. The digest is not a signature: anyone can compute it.
enum SavedPlanFormat {
  static let currentVersion = 3
  /// Since version 2, only names have changed.
  private static let oldestVersion = 2
  private static let beginning = "{\"format\":\"deploy-plan\",\"version\":"
  private static let middle = ",\"sha256\":\""
  private static let ending = "\","

  static func encode(_ plan: SavedPlan) throws -> String {
    let content = try content(of: plan)
    return heading(of: Array(content.utf8), version: currentVersion) + "\n" + content
  }

  /// The digest in the first line of a saved plan.
  static func digest(of plan: SavedPlan) throws -> String {
    digest(of: Array(try content(of: plan).utf8), version: currentVersion)
  }

  private static func content(of plan: SavedPlan) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return "\"content\": " + String(decoding: try encoder.encode(plan.approved), as: UTF8.self)
      + "}\n"
  }

  private static func heading(of content: [UInt8], version: Int) -> String {
    "\(beginning)\(version)\(middle)\(digest(of: content, version: version))\(ending)"
  }

  private static func digest(of content: [UInt8], version: Int) -> String {
    // Since version 3, the digest includes the version, which determines how the content is read.
    let counted = version < 3 ? content : Array("\(version)\n".utf8) + content
    return Digest.sha256(of: counted)
  }

  /// Reads the text of a saved plan; throws if it is damaged, of an unknown version or has a value
  /// that no plan has.
  ///
  /// - Parameter path: the file, for messages.
  static func decode(_ bytes: [UInt8], path: String) throws -> SavedPlan {
    guard bytes.starts(with: beginning.utf8) else {
      throw Failure(
        .failed,
        "\(path) is not a saved plan: it does not begin as \"deploy plan --out\" writes it")
    }
    let digits = bytes.dropFirst(beginning.utf8.count).prefix { (0x30...0x39).contains($0) }
    let version = Int(String(decoding: digits, as: UTF8.self)) ?? currentVersion
    try check(version, path)
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let content = bytes.dropFirst(line.count + 1)
    let expected = heading(of: Array(content), version: version)
    guard line.elementsEqual(expected.utf8) else {
      throw Failure(
        .failed,
        "\(path) was damaged or edited after it was written (its SHA-256 differs): plan again")
    }
    return try document(
      bytes, by: version < currentVersion ? .ofEarlierNames : JSONDecoder(), path)
  }

  private static func check(_ version: Int, _ path: String) throws {
    if version < oldestVersion {
      throw Failure(
        .failed,
        "\(path) was saved by an earlier version of deploy (format \(version)), which is no longer supported:"
          + " plan again")
    }
    if version > currentVersion {
      throw Failure(
        .failed,
        "\(path) has version \(version), and this deploy knows plans up to version"
          + " \(currentVersion): use the newer deploy that wrote it, or plan again")
    }
  }

  private struct Document: Decodable {
    var content: ApprovedPlan
  }

  private static func document(
    _ bytes: [UInt8], by decoder: JSONDecoder, _ path: String
  ) throws -> SavedPlan {
    let approved: ApprovedPlan
    do {
      approved = try decoder.decode(Document.self, from: Data(bytes)).content
      try approved.check()
    } catch {
      let why =
        JSONNumbers.mistake(in: bytes) ?? (error as? DecodingError)?.mistake(below: 1)
        ?? (error as? StateMistake) ?? ValuePlace.root.mistake("\(error)")
      throw Failure(.failed, "\(path) is not a valid plan: \(why). Plan again")
    }
    return SavedPlan(approved: approved)
  }
}
