import Foundation
import TestSupport
import Testing

@testable import SSH

@Suite("known_hosts, case by case")
struct KnownHostsTests {
  /// A case holds a known_hosts file, a line of dashes, and one question a line with its answer.
  static let cases: [String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Cases/known-hosts").path
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".case") }.sorted().map { "\(folder)/\($0)" }
  }()

  @Test("Every case gives its expected result", arguments: cases)
  func results(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let parts = text.components(separatedBy: "-----\n")
    try #require(parts.count == 2)
    var known = KnownHosts()
    known.add(parts[0], file: "file")
    let answers = try parts[1].split(separator: "\n").map { line in
      let all = try answer(String(line), known)
      let words = line.split(separator: " ")
      let name = KnownHosts.Name(
        address: String(words[0]), port: try #require(UInt16(words[1])))
      let about = known.about(name)
      #expect(try answer(String(line), about) == all, "by what is about this host alone")
      #expect(about.certificateAuthorities(for: name) == known.certificateAuthorities(for: name))
      return all
    }
    let actual = parts[0] + "-----\n" + answers.map { $0 + "\n" }.joined()
    #expect(try Golden.mismatch(actual, with: URL(filePath: path)) == nil)
  }

  @Test("The lines about one host do not include those of all others")
  func about() {
    var known = KnownHosts()
    known.add((1...1000).map { "198.18.0.1,h\($0) t AAAA\nh\($0) t BBBB\n" }.joined(), file: "f")
    known.add("[h7]:2222 t CCCC\nh* t DDDD\n* !h7 t EEEE\n", file: "g")
    let about = known.about(KnownHosts.Name(address: "h7", port: 2222))
    #expect(about.entries.map(\.key.base64) == ["AAAA", "BBBB", "CCCC", "DDDD"])
  }

  @Test("The cases are found")
  func casesExist() { #expect(Self.cases.count >= 5) }

  /// "address port type key -> result; types asked for"
  private func answer(_ line: String, _ known: KnownHosts) throws -> String {
    let question = line.components(separatedBy: " -> ")[0]
    let words = question.split(separator: " ").map(String.init)
    try #require(words.count == 4)
    let port = try #require(UInt16(words[1]))
    let key = HostKey(type: words[2], base64: words[3])
    let name = KnownHosts.Name(address: words[0], port: port)
    let result =
      switch known.check(key, from: name) {
      case .trusted: "trusted"
      case .unknown(let others) where others.isEmpty: "unknown"
      case .unknown(let others): "unknown, but line \(others.map { "\($0.line)" }.joined())"
      case .changed(let entries): "changed, line \(entries.map { "\($0.line)" }.joined())"
      case .revoked(let entry): "revoked, line \(entry.line)"
      }
    let first = HostKey.preference(known: known.keyTypes(for: name))[0]
    return "\(question) -> \(result); asks for \(first)"
  }
}
