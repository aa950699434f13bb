import Application
import Diagnostics
import Foundation
import Schema
import TestSupport
import Testing
import YAML

/// check-jsonschema, by `scripts/make-python-tools`.
private enum Checker {
  static let path = "/var/cache/deploy-sandbox/python-tools/bin/check-jsonschema"
  static let isThere = FileManager.default.fileExists(atPath: path)
  static let missing: Comment = "\(path) is missing: scripts/make-python-tools makes it"

  /// Which of the texts the schema refuses.
  static func refused(_ texts: [String], by reference: KeyReference, isPart: Bool = false) throws
    -> Set<Int>
  {
    let folder = try TemporaryFolder("schema")
    try folder.write(try reference.schema(isPart: isPart), to: "schema.json")
    for (index, text) in texts.enumerated() { try folder.write(text, to: "\(index).yml") }
    let files = texts.indices.map { "\(folder.path)/\($0).yml" }
    let run = try ProgramRun(
      [path, "--output-format", "json", "--schemafile", "\(folder.path)/schema.json"] + files,
      separatesErrors: true)
    struct Report: Decodable {
      struct Finding: Decodable { let filename: String }
      let status: String
      let errors: [Finding]
      let parse_errors: [Finding]?
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
    try #require(run.status == (report.status == "ok" ? 0 : 1), "\(run.errors)")
    return Set(
      (report.errors + (report.parse_errors ?? [])).compactMap { finding in
        Int(URL(filePath: finding.filename).deletingPathExtension().lastPathComponent)
      })
  }
}

@Suite(
  "The JSON Schema, as check-jsonschema reads it",
  .requires(Checker.isThere, Checker.missing))
struct SchemaTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test("is a valid schema", arguments: KeyReference.allCases)
  func metaschema(_ reference: KeyReference) throws {
    let folder = try TemporaryFolder("schema")
    try folder.write(try reference.schema(), to: "schema.json")
    let run = try ProgramRun([Checker.path, "--check-metaschema", "\(folder.path)/schema.json"])
    #expect(run.hasSucceeded, "\(run.output)")
  }

  @Test(
    "accepts every shipped file",
    arguments: [(KeyReference.inventory, "Inventories"), (.playbook, "Playbooks")])
  func shipped(_ reference: KeyReference, _ name: String) throws {
    let folder = Self.root.appending(path: name)
    let texts = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "yml" }.map { try String(contentsOf: $0, encoding: .utf8) }
    #expect(texts.count > 1)
    #expect(try Checker.refused(texts, by: reference).isEmpty)
  }

  @Test(
    "agrees with every case: accepts what is valid, and refuses unknown keys and wrong types",
    arguments: [(KeyReference.inventory, "InventoriesTests"), (.playbook, "PlaybooksTests")])
  func cases(_ reference: KeyReference, _ name: String) throws {
    let files = try CaseFile.all(beside: Self.root.path + "/Tests/\(name)/DecodingTests.swift")
    let refused = try Checker.refused(files.map(\.input), by: reference)
    var (valid, wrong) = (0, 0)
    for (index, file) in files.enumerated() {
      if file.expected.hasSuffix("ok\n") {
        valid += 1
        #expect(!refused.contains(index), "\(file) is refused")
      } else if file.expected.contains(/error: (Unknown key|Wrong type)\n/) {
        wrong += 1
        #expect(refused.contains(index), "\(file) is accepted")
      }
    }
    #expect(valid > 5 && wrong > 5)
  }

  @Test(
    "requires nothing of a part, and of an inventory only what no other file and no default may have"
  )
  func completion() throws {
    let site = "{front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}"
    let hosts =
      "front_ends: {edge-1: {address: 198.18.0.1}}\nback_ends: {app-1: {address: 198.18.0.2}}\n"
    let top = "fleet: a\nca: {name: b}\n" + hosts
    let texts = [
      top + "sites: {a.example: \(site)}", top + "sites: {a.example: {front_ends: all}}",
      top + "defaults: {site: {back_ends: all}}\nsites: {a.example: {front_ends: all}}",
      top + "include: a.yml\nsites: {a.example: {}}", hosts, "include: a.yml",
      "defaults: {site: {back_end: {port: 1}, hsts: none}}\ninclude: [a.yml]", "vars: {a: 1}",
    ]
    #expect(try Checker.refused(texts, by: .inventory) == [1, 4, 7])
    #expect(try Checker.refused(texts, by: .inventory, isPart: true).isEmpty)
    #expect(
      try Checker.refused(["sites: []", "unknown: 1", "x-known: 1"], by: .inventory, isPart: true)
        == [0, 1])
  }

  /// Two judges that do not know each other: the reader, and check-jsonschema.
  @Test(
    "agrees with the reader about a value of each type at each key",
    arguments: KeyReference.allCases)
  func types(_ reference: KeyReference) throws {
    let texts = DocumentedKey.all.filter { $0.reference == reference }
      .flatMap(\.documentsOfEachType)
    let refused = try Checker.refused(texts, by: reference)
    let structural = [ReadingMistake.wrongType, .unknownKey].map(\.rawValue)
    var count = 0
    for (index, text) in texts.enumerated() {
      let mistakes = reference.mistakes(in: text).map(\.summary)
      if mistakes.contains(where: structural.contains) {
        count += 1
        #expect(refused.contains(index), "accepted: \(text)")
      } else if mistakes.isEmpty {
        #expect(!refused.contains(index), "refused: \(text)")
      }
    }
    #expect(count > 50)
  }
}
