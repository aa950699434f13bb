import FleetFolders
import FleetLiterals
import Foundation
import Planning
import TestSupport
import Testing

@Suite(
  "What check and plan say of the certificate files of a site",
  // One after the other: each waits for programs, in a thread that other tests need.
  .serialized,
  .requires(
    ProgramRun.exists("nginx", "openssl"), "nginx and openssl, of the packages of that name"))
struct SiteCertificateTests {
  private static let certificates = Result { try CaseFile.all(in: "certificates") }
  private static let keys = Result { try CaseFile.all(in: "keys") }

  @Test(
    "a certificate that nginx refuses is an error, one that only visitors refuse is a warning",
    arguments: try certificates.get())
  func certificate(_ file: CaseFile) async throws {
    let scene = try SiteCertificateScene(file.input)
    let judgement = await scene.check()
    let isAccepted = try await scene.isAcceptedByNginx()
    #expect(isAccepted == (judgement.outcome != .error), "\(judgement)")
    #expect(
      try file.mismatch("nginx \(isAccepted ? "accepts" : "refuses") it\n\(judgement)") == nil)
    if let conversion = judgement.conversion {
      try scene.shell(conversion.replacing("pkcs12", with: "pkcs12 -passin pass:"))
      try scene.use(made(by: conversion), insteadOf: "shop.crt")
      let again = await scene.check()
      #expect(again.outcome != .error, "\(again)")
      #expect(try await scene.isAcceptedByNginx())
    }
  }

  @Test("a key that nginx refuses is an error of a plan", arguments: try keys.get())
  func key(_ file: CaseFile) async throws {
    let scene = try SiteCertificateScene(file.input, isAboutKey: true)
    let judgement = await scene.plan()
    let isAccepted = try await scene.isAcceptedByNginx()
    #expect(isAccepted == (judgement.outcome != .error), "\(judgement)")
    #expect(
      try file.mismatch("nginx \(isAccepted ? "accepts" : "refuses") it\n\(judgement)") == nil)
    if let conversion = judgement.conversion {
      try scene.shell(
        conversion.replacing("pkcs12", with: "pkcs12 -passin pass:")
          .replacing("pkey -in", with: "pkey -passin pass:x -in"))
      try scene.use(made(by: conversion), insteadOf: "shop.key")
      let again = await scene.plan()
      #expect(again.outcome == .fine, "\(again)")
      #expect(try await scene.isAcceptedByNginx())
    }
  }

  /// The file that a command of a message makes, which is its last quoted word.
  private func made(by command: String) throws -> String {
    let words = command.split(separator: "'")
    let path = try #require(words.last { !$0.allSatisfy { ") ".contains($0) } }, "\(command)")
    return URL(filePath: String(path)).lastPathComponent
  }

  @Test("the page about site certificates has a row for each case, with what is said of it")
  func page() throws {
    let page = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/certificates.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
      line.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let said = Set(rows.map { "\($0[0]): \($0[1])" })
    let cases = try Self.certificates.get() + Self.keys.get()
    for file in cases {
      let title = try #require(file.input.split(separator: "\n").first).dropFirst(2)
      let outcome = try #require(file.expected.split(separator: "\n").dropFirst().first)
      #expect(said.contains("\(title): \(outcome)"))
    }
    // A title and a line of dashes for each of the two tables.
    #expect(rows.count == cases.count + 2 * 1, "a row without a case, or the other way round")
  }

  @Test(
    "hosts get the file as it is, or its certificates alone if plans cannot show it",
    arguments: [
      "cat leaf.key leaf.crt middle.crt >shop.crt",
      "(printf 'caf\\351\\n'; cat leaf.crt middle.crt) >shop.crt",
      "(printf '\\357\\273\\277'; cat leaf.crt middle.crt | sed 's/$/\\r/') >shop.crt",
      "cat leaf.crt middle.crt | head -c -1 >shop.crt",
    ])
  func text(script: String) async throws {
    let scene = try SiteCertificateScene(script + "; cat leaf.crt middle.crt >expected")
    let expected = try String(contentsOfFile: scene.home.path + "/expected", encoding: .utf8)
    #expect(try await scene.materials().siteCertificates["shop.example"]?.certificate == expected)
  }

  @Test("neither check nor an offline plan reads a key: it may be unreadable or elsewhere")
  func withoutKey() async throws {
    let scene = try SiteCertificateScene("cat leaf.crt middle.crt >shop.crt")
    try scene.shell("rm shop.key; mkfifo shop.key")
    #expect(await scene.check().outcome == .fine)
    #expect(await scene.plan().messages.first?.contains("shop.key cannot be read") == true)
    try scene.shell("rm shop.key")
    #expect(try scene.home.deploy("ca", "create").status == 0)
    let plan = try scene.home.deploy("plan", "--offline")
    #expect(plan.status == 0, "\(plan.output)")
  }
}
