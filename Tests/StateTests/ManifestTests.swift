import Foundation
import State
import TestSupport
import Testing

@Suite("A manifest")
struct ManifestTests {
  @Test("is the same after it was written and read", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(_ seed: UInt64) {
    var samples = Samples(seed: seed)
    let manifest = samples.manifest()
    #expect(Manifest(manifest.text) == manifest)
  }

  @Test("made by an earlier build is read, and written with the same text")
  func stored() throws {
    let stored = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Cases/manifest")
    let manifest = try #require(Manifest(String(contentsOf: stored, encoding: .utf8)))
    #expect(manifest.signature != nil)
    #expect(try Golden.mismatch(manifest.text, with: stored) == nil)
  }

  @Test("is the same text every time")
  func stableText() {
    var (one, other) = (Samples(seed: 7), Samples(seed: 7))
    #expect(one.manifest().text == other.manifest().text)
  }

  @Test("truncated at any byte is rejected", arguments: 0..<12 as Range<UInt64>)
  func truncations(_ seed: UInt64) {
    var samples = Samples(seed: seed)
    let bytes = Array(samples.manifest().text.utf8)
    for count in 0..<bytes.count {
      #expect(Manifest(String(decoding: bytes[..<count], as: UTF8.self)) == nil)
    }
  }

  @Test("without one of its first five lines or its last one is rejected")
  func missingLines() {
    var samples = Samples(seed: 3)
    let lines = samples.manifest().text.split(separator: "\n")
    for index in [0, 1, 2, 3, 4, lines.count - 1] {
      var rest = lines
      rest.remove(at: index)
      #expect(Manifest(rest.joined(separator: "\n") + "\n") == nil)
    }
  }

  @Test("of another version or with an unknown word is rejected")
  func foreign() {
    var samples = Samples(seed: 4)
    let text = samples.manifest().text
    #expect(Manifest("deploy-manifest 1" + text.dropFirst("deploy-manifest 2".count)) == nil)
    #expect(Manifest(text.dropLast("end\n".count) + "file ab 0600\nend\n") == nil)
    #expect(Manifest(text.dropLast("end\n".count) + "file ab 0755 nginx/x\nend\n") == nil)
    #expect(Manifest(text.dropLast("end\n".count) + "socket x\nend\n") == nil)
    for line in ["opens x everybody why", "serves a.example", "serves a.example x", "routes a b c"]
    {
      #expect(Manifest(text.dropLast("end\n".count) + "\(line)\nend\n") == nil)
    }
    #expect(Manifest(text.dropLast("end\n".count) + "\nend\n") == nil)
    #expect(Manifest(text + "end\n") == nil)
  }
}
