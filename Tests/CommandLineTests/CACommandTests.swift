import Application
import ArgumentParser
import CAStore
import Certificates
import Fleet
import FleetFolders
import Foundation
import State
import TestSupport
import Testing

@testable import CommandLine

@Suite("deploy ca, as the shell sees it")
struct CACommandTests {
  private let home: Home

  init() throws { home = try Home() }

  @Test("create creates a CA once; show needs no passphrase")
  func createAndShow() throws {
    let created = try home.deploy("ca", "create")
    #expect(created.status == 0 && created.output.contains("Created the CA"))
    let again = try home.deploy("ca", "create")
    #expect(again.status == 1 && again.output.contains("there is a CA already"))
    let shown = try home.deploy("ca", "show", passphrase: "")
    #expect(shown.status == 0)
    #expect(shown.output.contains("generation 1: Shop Certification Center (signing)"))
    #expect(shown.output.contains("3649 days left") || shown.output.contains("3650 days left"))
    let json = try home.deploy("ca", "show", "--format", "json", passphrase: "")
    #expect(json.output.contains("\"status\" : \"signing\""))
    #expect(!(created.output + shown.output + json.output).contains("poison-4711"))
  }

  @Test("a key that is not encrypted is reported, with the commands that encrypt it")
  func plaintextKey() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    let key = home.folder.keyPath(1)
    let before = try home.deploy("ca", "show").output
    #expect(before.contains("key          encrypted, in the folder") && !before.contains("warning"))
    func openssl(_ arguments: String...) throws {
      let run = try home.run(
        ["pkcs8", "-passin", "pass:poison-4711"] + arguments, passphrase: nil,
        program: "/usr/bin/openssl")
      try #require(run.status == 0, "\(run.output)")
    }
    try openssl("-in", key, "-out", key + ".new")
    #expect(rename(key + ".new", key) == 0)
    let shown = try home.deploy("ca", "show").output
    #expect(shown.contains("key          not encrypted, in the folder"), "\(shown)")
    #expect(
      shown.contains(
        "openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in \(key) -out \(key).new"))
    let json = try home.deploy("ca", "show", "--format", "json").output
    #expect(json.contains("\"isKeyEncrypted\" : false"))
    let renewed = try home.deploy("ca", "renew")
    #expect(renewed.status == 1 && renewed.output.contains("the key is not encrypted"))
    try openssl(
      "-topk8", "-v2", "aes-256-cbc", "-iter", "600000", "-passout", "pass:poison-4711", "-in", key,
      "-out", key + ".new")
    #expect(rename(key + ".new", key) == 0)
    #expect(try home.deploy("ca", "show").output.contains("key          encrypted"))
    #expect(try home.deploy("ca", "passphrase", "--new-env", "NEW_PASSPHRASE").status == 0)
  }

  @Test(
    "commands of version 0.1.0 are refused with their new names",
    arguments: [["authority"], ["authority", "create"], ["rotate", "authority", "--status"]])
  func earlierNames(_ words: [String]) throws {
    let run = try Home().deploy(words)
    let now = words.prefix { $0 != "authority" } + ["ca"]
    #expect(run.status == 64)
    #expect(run.output.contains("is now called \"deploy \(now.joined(separator: " "))\""))
  }

  @Test("without a CA, each command says how to create one", arguments: ["show", "export"])
  func none(command: String) throws {
    let run = try home.deploy("ca", command)
    #expect(run.status == 1)
    #expect(run.output.contains("deploy ca create --inventory \(home.path)/shop.yml"))
  }

  @Test("renew needs the passphrase, and the same key gets a later expiry date")
  func renew() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    let old = try #require(try home.folder.generations().last)
    let unknown = try home.deploy("ca", "renew", "--generation", "7")
    #expect(unknown.status == 64 && unknown.output.contains("there is no generation 7"))
    home.inventory = home.inventory.replacing("valid_for: 10y", with: "valid_for: 9y")
    #expect(try home.deploy("ca", "renew").output.contains("would not expire later"))
    home.inventory = home.inventory.replacing("valid_for: 9y", with: "valid_for: 11y")
    let wrong = try home.deploy("ca", "renew", passphrase: "no")
    #expect(wrong.status == 1 && wrong.output.contains("the passphrase is wrong"))
    #expect(try home.folder.generations() == [old])
    let renewed = try home.deploy("ca", "renew")
    #expect(renewed.status == 0 && renewed.output.contains("Renewed the CA"))
    let new = try #require(try home.folder.generations().last)
    #expect(new.notAfter > old.notAfter.adding(seconds: 364 * SampleCA.day))
    #expect(new.keyIdentifier == old.keyIdentifier && new.fingerprint != old.fingerprint)
  }

  @Test("passphrase makes the old passphrase useless, and can be repeated")
  func passphrase() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    let change = ["ca", "passphrase", "--new-env", "NEW_PASSPHRASE"]
    func run(_ passphrase: String) throws -> ProgramRun {
      let run = try home.deploy(change, passphrase: passphrase)
      return run
    }
    #expect(try run("wrong").output.contains("the passphrase is wrong"))
    let changed = try run("poison-4711")
    #expect(changed.status == 0 && changed.output.contains("has the new passphrase"))
    let again = try run("poison-4711")
    #expect(again.status == 0 && again.output.contains("Every key already has the new passphrase"))
    let record = try #require(try home.folder.generations().last)
    _ = try home.folder.unlock(record, passphrase: .init(copying: Array("new passphrase".utf8)))
    #expect {
      _ = try home.folder.unlock(record, passphrase: .init(copying: Array("poison-4711".utf8)))
    } throws: {
      "\($0)".contains("the passphrase is wrong")
    }
  }

  @Test("export prints the CA certificates and no key; --out writes the same to a file")
  func export() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    try home.folder.add()
    let printed = try home.deploy("ca", "export").output
    #expect(printed.split(separator: "-----BEGIN CERTIFICATE-----").count == 2)
    #expect(!printed.contains("PRIVATE"))
    let out = home.path + "/bundle.pem"
    #expect(try home.deploy("ca", "export", "--out", out).output == "")
    #expect(try String(contentsOfFile: out, encoding: .utf8) == printed)
    let none = try home.deploy("ca", "export", "--crl")
    #expect(none.status == 1 && none.output.contains("has signed no revocation list"))
  }

  @Test("status --expiry lists expiry dates without contacting hosts")
  func expiry() throws {
    home.inventory = home.inventory.replacing(
      "certificate: {ca: true}", with: "certificate: {installed: {certificate: /a, key: /b}}"
    )
    #expect(try home.deploy("ca", "create").status == 0)
    let listed = try home.deploy("status", "--expiry", passphrase: "")
    #expect(listed.status == 0, "\(listed.output)")
    #expect(listed.output.contains("ca    -     Shop Certification Center"))
    let json = try home.deploy("status", "--expiry", "--format", "json", passphrase: "")
    #expect(json.status == 0 && json.output.contains("\"urgency\" : \"none\""))
  }

  @Test("an expired certificate of a site is listed as expired, and check warns of it")
  func expiredSiteCertificate() throws {
    home.inventory = home.inventory.replacing(
      "certificate: {ca: true}",
      with: "certificate: {files: {certificate: a.crt, key: a.key}}")
    #expect(try home.deploy("ca", "create").status == 0)
    let then: Int64 = 1_600_000_000
    let secret = Secret(copying: Array("x".utf8))
    let ca = try CertificateAuthority.unlock(
      CertificateAuthority.create(
        CARequest(commonName: "Public", key: .ecdsaP256, validFor: 900 * SampleCA.day),
        passphrase: secret, now: then), passphrase: secret)
    let leaf = try ca.issue(
      LeafRequest(
        role: .server, commonName: "shop.example", dnsNames: ["shop.example"], key: .ecdsaP256,
        validFor: 30 * SampleCA.day), now: then)
    try home.write(leaf.certificatePEM, to: "a.crt")
    let listed = try home.deploy("status", "--expiry", passphrase: "")
    #expect(listed.status == 1, "\(listed.output)")
    #expect(listed.output.contains("2020-10-13"), "\(listed.output)")
    let check = try home.deploy("check")
    #expect(
      check.status == 0 && check.output.contains("the certificate expired on 2020-10-13"),
      "\(check.output)")
  }

  @Test("a procedure is refused by every command except its own, which the message names")
  func procedures() throws {
    let path = home.path + "/p.yml"
    for (procedure, own, others) in [
      (
        "rotate-ca", "deploy rotate ca",
        [["plan"], ["rotate", "certificates", "--yes"]]
      ),
      ("rotate-certificates", "deploy rotate certificates", [["apply", "--yes"]]),
      ("decommission", "deploy apply", [["rotate", "ca", "--yes"]]),
    ] {
      try home.write("name: p\nprocedure: \(procedure)\n", to: "p.yml")
      for other in others {
        let run = try home.deploy(other + ["--playbook", path], passphrase: "")
        #expect(run.status == 64 && run.output.contains("\n    \(own) --playbook \(path)"))
      }
    }
  }

  @Test(
    "a creation killed at any moment leaves no certificate without its key, and can be completed")
  func killed() throws {
    var cutOff = 0
    for step in 0..<40 {
      let home = try Home()
      let run = try home.start(["ca", "create"], passphrase: "poison-4711")
      usleep(UInt32(step) * 10_000)
      run.signal(SIGKILL)
      _ = try run.wait()
      let listing = try home.folder.listing()
      #expect(listing.certificates.isSubset(of: listing.keys))
      if listing.certificates.isEmpty {
        cutOff += 1
        let again = try home.deploy("ca", "create")
        #expect(again.status == 0, "\(again.output)")
      }
      #expect(try home.folder.summary() == ["1 signing"])
      #expect(try home.folder.findings() == [])
    }
    #expect(cutOff > 0)
  }

  @Test("while another run holds the state's lock, the CA is not changed")
  func locked() async throws {
    try home.write(home.inventory, to: "shop.yml")
    let options = try FleetOptions.parse(["--inventory", home.path + "/shop.yml"])
    try await options.openWorkspace().whileLocked(for: "a test") {
      let run = try home.deploy("ca", "create")
      #expect(run.status == 75 && run.output.contains("deploy a test"))
    }
    #expect(try home.deploy("ca", "create").status == 0)
  }
}
