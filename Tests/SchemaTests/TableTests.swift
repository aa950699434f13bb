import Application
import Diagnostics
import Inventories
import Playbooks
import Schema
import Testing
import YAML

@Suite("The table of keys")
struct TableTests {
  @Test("has keys at every depth")
  func size() {
    #expect(DocumentedKey.all.count > 150)
    #expect(
      DocumentedKey.all.contains { $0.place.name == "acme.accounts.external_account.mac_key.env" })
  }

  @Test(
    "a document with the example of each key has no mistake of single values",
    arguments: DocumentedKey.all)
  func examples(_ key: DocumentedKey) throws {
    let text = try #require(key.document(), "no example")
    #expect(key.reference.readingMistakes(in: text).isEmpty, "\(text)")
  }

  @Test(
    "the example that is printed can be copied into a file that has what is required at its top",
    arguments: DocumentedKey.all)
  func printedExamples(_ key: DocumentedKey) throws {
    guard let lines = key.place.exampleLines else {
      #expect(key.place.about.sample == "{}")
      return
    }
    let others = key.reference.keys.keys.filter {
      $0.about.absence == .required && $0.name != key.place.path.first
    }
    let top = try others.map { "\($0.name): \(try #require($0.about.sample))" }
    let text = (top + lines).joined(separator: "\n")
    #expect(key.reference.readingMistakes(in: text).isEmpty, "\(text)")
  }

  @Test("the reader reads each key: a value of no type is a mistake", arguments: DocumentedKey.all)
  func read(_ key: DocumentedKey) throws {
    let text = try #require(key.document("null"))
    let mistakes = key.reference.readingMistakes(in: text).map(\.summary)
    #expect(mistakes.contains(ReadingMistake.wrongType.rawValue), "\(text): \(mistakes)")
  }

  /// Keys that the reader knows, and refuses there with a reason of its own.
  private static let refused = [
    "front_ends": "container", "acme.accounts": "accounts", "ssh": "address",
    "defaults.site": "aliases",
  ]

  @Test("the reader knows no key that the table lacks", arguments: DocumentedKey.all)
  func known(_ key: DocumentedKey) throws {
    for (mapping, text) in key.documentsWithUnknownKey {
      let mistake = try #require(
        key.reference.readingMistakes(in: text).first {
          $0.summary == ReadingMistake.unknownKey.rawValue
        }, "\(text)")
      let list = try #require(mistake.detail.firstMatch(of: /which has: (.*)\.$/)?.1)
      var listed = list.split(separator: ", ").map(String.init)
      listed.removeAll { $0 == Self.refused[key.place.name] }
      let owners = key.place.about.shape.mappings.filter { $0.owner == mapping.owner }
      #expect(owners.map { $0.keys.map(\.name) }.contains(listed), "\(text): \(listed)")
    }
  }

  @Test("the reader knows no key at the top that the table lacks", arguments: KeyReference.allCases)
  func top(_ reference: KeyReference) throws {
    let mistake = try #require(reference.readingMistakes(in: "{unknown_key: 1}").last)
    #expect(
      mistake.detail.hasSuffix(
        "which has: \(reference.keys.keys.map(\.name).joined(separator: ", "))."))
  }

  @Test("a key with its default means the same as without it", arguments: DocumentedKey.all)
  func defaults(_ key: DocumentedKey) throws {
    guard case .usual(let value) = key.place.about.absence else { return }
    let path = key.place.path
    // With the key's mapping in both, so that only the key differs.
    let with = try #require(key.document(value))
    let entry = "\(path[path.count - 1]): \(value)"
    let without = with.replacing(", \(entry)", with: "").replacing("\(entry), ", with: "")
      .replacing("{\(entry)}", with: "{}")
    try #require(with != without)
    switch key.reference {
    case .inventory:
      let (one, _) = Inventory.read(SourceText(file: "a", text: with))
      let (other, _) = Inventory.read(SourceText(file: "a", text: without))
      guard let one, let other else {
        // Not complete without other keys, such as an account to order from.
        #expect(key.reference.readingMistakes(in: with).isEmpty)
        return
      }
      #expect(one.meaning == other.meaning, "\(with)")
    case .playbook:
      let playbook = Playbook.read(SourceText(file: "a", text: with)).playbook
      #expect(playbook != nil, "\(with)")
      #expect(playbook == Playbook.read(SourceText(file: "a", text: without)).playbook)
    }
  }

  @Test("the keys at the top of inventories and playbooks differ, so that a path names one")
  func disjoint() {
    let names = KeyReference.allCases.flatMap { $0.keys.keys.map(\.name) }
    #expect(Set(names).count == names.count)
  }

  @Test(
    "an unknown path leads to the one that was meant",
    arguments: [
      ("sites.backend", "sites.back_end"), ("authority", "ca"), ("keep_release", "keep_releases"),
      ("rollout.batches", "rollout.batch"), ("renew_before", "ca.certificates.renew_before"),
      ("sites.certificate.authority", "sites.certificate.ca"),
    ])
  func suggestions(_ path: String, _ meant: String) {
    #expect(KeyReference.search(path) == .unknown(suggestion: meant))
    #expect(KeyReference.search(meant) != .unknown(suggestion: nil))
    #expect(KeyReference.search("zzzzzzzzzz") == .unknown(suggestion: nil))
  }

  @Test("each key says what it is for, in sentences", arguments: DocumentedKey.all)
  func summaries(_ key: DocumentedKey) {
    let summary = key.place.about.summary
    guard !summary.isEmpty else {
      #expect(key.place.path.contains("subject"))
      return
    }
    #expect(summary.hasSuffix("."))
    #expect(summary.count { $0 == "`" } % 2 == 0)
  }
}

extension Inventory {
  /// The inventory without places in the file.
  fileprivate var meaning: String {
    var rest = self
    rest.acme = [:]
    let accounts = acme.sorted { $0.key < $1.key }.map { String(reflecting: $0.value) }
    return (String(reflecting: rest) + accounts.joined())
      .replacing(/\ba:\d+:\d+\b/, with: "")
      // A port that is written is not compared with the one of the ssh configuration, but it is the same port.
      .replacing(/given: (Swift\.)?Set\(\[(\w+\.)*port\]\)/, with: "given: Set([])")
      .replacing(/given: \[(\w+\.)*port\]/, with: "given: []")
      .replacing("given: Swift.Set([])", with: "given: Set([])")
  }
}
