import Application
import CAStore
import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import CommandLine

/// The lists of the root above an imported CA, and CAs that the fleet must not trust again.
extension CAImportCommandTests {
  private func writeConfiguration() throws {
    try home.write("", to: "index")
    try home.write(
      "[ca]\ndefault_ca=own\n[own]\ndatabase=\(home.path)/index\ndefault_md=sha256\n"
        + "[delta]\n2.5.29.27=critical,ASN1:INTEGER:1\n",
      to: "ca.conf")
  }

  /// A list of the root, from one day to another, such as 20200101.
  private func list(
    _ file: String, from start: String, to end: String, isDelta: Bool = false
  ) throws {
    let config = try String(contentsOfFile: home.path + "/ca.conf", encoding: .utf8)
    try home.write(
      isDelta ? config.replacing("default_md", with: "crl_extensions=delta\ndefault_md") : config,
      to: "list.conf")
    try openssl(
      "ca", "-gencrl", "-config", "list.conf", "-keyfile", "root.plain", "-cert", "root.crt",
      "-crl_lastupdate", "\(start)000000Z", "-crl_nextupdate", "\(end)000000Z", "-out", file)
  }

  private func importIntermediate() throws {
    try make("root", "Company Root")
    try make("sub", "Company CA", issuer: "root")
    try writeConfiguration()
    try list("first.crl", from: "20210101", to: "20490101")
    let run = try importAgain("--crl", "first.crl")
    try #require(run.status == 0, "\(run.output)")
  }

  private func importAgain(_ option: String, _ file: String) throws -> ProgramRun {
    try importCA("sub", "--chain", "\(home.path)/root.crt", option, "\(home.path)/\(file)")
  }

  private func rootList() throws -> String {
    try String(contentsOfFile: folder.path + "/ca-1.root.crl", encoding: .utf8)
  }

  @Test("a CA below a generation of the fleet is refused")
  func belowGeneration() throws {
    try make("old", "Company CA")
    #expect(try importCA("old").status == 0)
    try make("sub", "Sub CA", issuer: "old")
    let before = try home.files()
    let run = try importCA(
      "sub", "--chain", "\(home.path)/old.crt", "--root-key", "\(home.path)/old.key")
    #expect(
      run.status == 1 && run.output.contains("has the key or the name of generation 1"),
      "\(run.output)")
    #expect(try home.files() == before)
  }

  @Test("an older list of the root, or an empty one, replaces none, and the command says so")
  func olderLists() throws {
    try importIntermediate()
    let first = try rootList()
    try list("older.crl", from: "20200101", to: "20490101")
    let older = try importAgain("--crl", "older.crl")
    #expect(
      older.status == 0 && older.output.contains("Kept the revocation list of \"Company Root\""),
      "\(older.output)")
    let empty = try importAgain("--root-key", "root.key")
    #expect(
      empty.status == 0 && empty.output.contains("the one of this import is empty"),
      "\(empty.output)")
    #expect(try rootList() == first)
    try list("newer.crl", from: "20220101", to: "20490101")
    #expect(try importAgain("--crl", "newer.crl").output.contains("by the newer one, valid until"))
    #expect(try rootList() != first)
  }

  @Test("a list that is older than one that has expired is refused")
  func olderThanExpired() throws {
    try importIntermediate()
    try list("ended.crl", from: "20220101", to: "20220201")
    let ended = try String(contentsOfFile: home.path + "/ended.crl", encoding: .utf8)
    try home.write(ended, to: "shop.ca/ca-1.root.crl")
    let run = try home.deploy("ca", "import", "--crl", "\(home.path)/first.crl")
    #expect(run.status == 1 && run.output.contains("is older than the one in"), "\(run.output)")
    #expect(try rootList() == ended)
  }

  @Test("a list that is not valid yet, and one of changes alone, are refused")
  func futureList() throws {
    try importIntermediate()
    let first = try rootList()
    try list("future.crl", from: "20480101", to: "20490101")
    let run = try home.deploy("ca", "import", "--crl", "\(home.path)/future.crl")
    #expect(run.status == 1 && run.output.contains("(CRL is not yet valid)"), "\(run.output)")
    try list("delta.crl", from: "20220101", to: "20490101", isDelta: true)
    let delta = try home.deploy("ca", "import", "--crl", "\(home.path)/delta.crl")
    #expect(delta.status == 1 && delta.output.contains("(a delta CRL)"), "\(delta.output)")
    #expect(try rootList() == first)
  }

  @Test(
    "a plan warns before hosts lose their lists because a generation that retires lacks its root's")
  func unlisted() throws {
    try importIntermediate()
    try make("other", "Other CA")
    #expect(try importCA("other").status == 0)
    #expect(try !home.deploy("plan", "--offline").output.contains("hosts get no revocation lists"))
    try FileManager.default.removeItem(atPath: folder.path + "/ca-1.root.crl")
    let plan = try home.deploy("plan", "--offline").output
    #expect(
      plan.contains("hosts get no revocation lists until generation 1 of the CA is retired")
        && plan.contains("every CA below \"Company Root\""), "\(plan)")
  }

  @Test(
    "a plan stops if a list with what the root revoked has expired, also of a generation that retires"
  )
  func expiredRevocations() throws {
    try importIntermediate()
    try make("other", "Other CA")
    #expect(try importCA("other").status == 0)
    try list("ended.crl", from: "20220101", to: "20220201")
    let ended = try String(contentsOfFile: home.path + "/ended.crl", encoding: .utf8)
    try home.write(ended, to: "shop.ca/ca-1.root.crl")
    let empty = try home.deploy("plan", "--offline")
    #expect(empty.output.contains("hosts get no revocation lists until"), "\(empty.output)")
    // Without lists, hosts would accept again what the root revoked.
    try home.write("R\t490101000000Z\t220101000000Z\t2A\tunknown\t/CN=Sibling CA\n", to: "index")
    try list("revoking.crl", from: "20220101", to: "20220201")
    let revoking = try String(contentsOfFile: home.path + "/revoking.crl", encoding: .utf8)
    try home.write(revoking, to: "shop.ca/ca-1.root.crl")
    let plan = try home.deploy("plan", "--offline")
    #expect(plan.status == 1, "\(plan.output)")
    #expect(plan.output.contains("deploy ca import --crl FILE"), "\(plan.output)")
    #expect(!plan.output.contains("or replace generation"), "\(plan.output)")
  }

  @Test("a fleet key that is lost is not listed among the files")
  func lostFleetKey() throws {
    try make("old", "Company CA")
    #expect(try importCA("old").output.contains("fleet-1.key"))
    let record = try #require(try folder.generations().last)
    #expect(try ImportView(.known(record), in: folder).text.contains("fleet-1.key"))
    try FileManager.default.removeItem(atPath: folder.fleetKeyPath(1))
    #expect(try !ImportView(.known(record), in: folder).text.contains("fleet-1.key"))
  }
}
