import CAStore
import Certificates
import FleetFolders
import Foundation
import State
import TestSupport
import Testing

@Suite("deploy ca import, as the shell sees it")
struct CAImportCommandTests {
  let home: Home
  var folder: CAFolder { home.folder }

  init() throws { home = try Home() }

  /// The passphrase of the keys that are imported, in a variable that `Home` sets.
  private static let keyPassphrase = ["--key-passphrase-env", "NEW_PASSPHRASE"]

  func openssl(_ arguments: String...) throws {
    let run = try ProgramRun(
      ["openssl"] + arguments, environment: ["NEW_PASSPHRASE": "new passphrase"], in: home.path)
    try #require(run.status == 0, "\(run.output)")
  }

  /// Makes a CA: NAME.crt and NAME.key, whose key is encrypted as older programs do.
  func make(_ name: String, _ commonName: String, issuer: String? = nil) throws {
    try home.write("[req]\ndistinguished_name=name\n[name]\n", to: "config")
    try openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "\(name).plain")
    try openssl(
      "ec", "-in", "\(name).plain", "-aes128", "-passout", "env:NEW_PASSPHRASE", "-out",
      "\(name).key")
    let signer = issuer.map { ["-CA", "\($0).crt", "-CAkey", "\($0).plain"] } ?? []
    let run = try ProgramRun(
      [
        "openssl", "req", "-x509", "-new", "-key", "\(name).plain", "-config", "config", "-days",
        "900", "-subj", "/CN=\(commonName)", "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-addext", "subjectKeyIdentifier=hash",
        "-out", "\(name).crt",
      ] + signer, in: home.path)
    try #require(run.status == 0, "\(run.output)")
    for file in ["\(name).key", "\(name).plain"] {
      chmod(home.path + "/" + file, 0o600)
    }
  }

  func importCA(_ name: String, _ more: String...) throws -> ProgramRun {
    try home.deploy(
      [
        "ca", "import", "--certificate", "\(home.path)/\(name).crt", "--key",
        "\(home.path)/\(name).key",
      ] + Self.keyPassphrase + more)
  }

  @Test("the key is encrypted again, and neither passphrase is printed or left in a file")
  func first() throws {
    try make("old", "Company CA")
    let run = try importCA("old")
    #expect(run.status == 0, "\(run.output)")
    #expect(
      run.output.contains("Imported the CA \"Company CA\" as generation 1")
        && run.output.contains("Run \"deploy apply\""))
    #expect(try home.files() == ["ca-1.crt", "ca-1.key", "fleet-1.key", "fleet-1.pub"])
    let record = try #require(try folder.generations().last)
    _ = try folder.unlock(record, passphrase: .init(copying: Array("poison-4711".utf8)))
    #expect(!run.output.contains("new passphrase") && !run.output.contains("poison-4711"))
    #expect(try home.deploy("ca", "show").output.contains("key          encrypted, in the folder"))
    let again = try importCA("old")
    #expect(
      again.status == 0 && again.output.contains("is generation 1 of this fleet's CA already"))
    #expect(try folder.generations() == [record])
    #expect(try home.deploy("ca", "create").output.contains("there is a CA already"))
  }

  @Test("beside a CA it becomes the next generation, and the others retire")
  func second() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    try make("old", "Company CA")
    let run = try importCA("old")
    #expect(run.status == 0, "\(run.output)")
    #expect(
      run.output.contains(
        "Run \"deploy rotate ca\" to move the hosts from \"Shop Certification Center\" to it"))
    #expect(
      try folder.generations().map { "\($0.generation) \($0.status.rawValue)" } == [
        "1 retiring", "2 signing",
      ])
    try make("third", "Third CA")
    let third = try importCA("third")
    #expect(third.status == 1 && third.output.contains("a rotation of the CA is in progress"))
  }

  @Test("a wrong passphrase of either kind changes nothing")
  func wrongPassphrases() throws {
    #expect(try home.deploy("ca", "create").status == 0)
    try make("old", "Company CA")
    let before = try home.files()
    let arguments = [
      "ca", "import", "--certificate", "\(home.path)/old.crt", "--key", "\(home.path)/old.key",
    ]
    let key = try home.deploy(arguments + ["--key-passphrase-command", "echo wrong"])
    #expect(
      key.status == 1 && key.output.contains("old.key: the passphrase is wrong"), "\(key.output)")
    let own = try home.deploy(arguments + Self.keyPassphrase, passphrase: "mistyped")
    #expect(own.status == 1 && own.output.contains("the passphrase is wrong"), "\(own.output)")
    #expect(try home.files() == before)
    let unset = try home.deploy(arguments + ["--key-passphrase-env", "NOT_SET"])
    #expect(
      unset.output.contains("the variable NOT_SET, given with --key-passphrase-env, is not set"))
  }

  @Test("an intermediate needs its root and a list of it, which a newer one replaces later")
  func intermediate() throws {
    try make("root", "Company Root")
    try make("sub", "Company CA", issuer: "root")
    #expect(try importCA("sub").output.contains("\"Company Root\" is missing: add it with --chain"))
    let chain = ["--chain", "\(home.path)/root.crt"]
    let listless = try importCA("sub", chain[0], chain[1])
    #expect(listless.status == 1 && listless.output.contains("a revocation list (CRL) of"))
    #expect(!FileManager.default.fileExists(atPath: folder.path))
    try home.write("", to: "index")
    try home.write(
      "[ca]\ndefault_ca=own\n[own]\ndatabase=\(home.path)/index\ndefault_md=sha256\n",
      to: "ca.conf")
    func list(_ days: String, _ file: String) throws {
      try openssl(
        "ca", "-gencrl", "-config", "ca.conf", "-keyfile", "root.plain", "-cert", "root.crt",
        "-crldays", days, "-out", "text")
      try openssl("crl", "-in", "text", "-outform", "DER", "-out", file)
    }
    try list("3", "first.crl")
    let run = try importCA("sub", chain[0], chain[1], "--crl", "\(home.path)/first.crl")
    #expect(run.status == 0, "\(run.output)")
    #expect(
      try home.files() == [
        "ca-1.crl", "ca-1.crt", "ca-1.key", "ca-1.root.crl", "fleet-1.key", "fleet-1.pub",
      ])
    let shown = try home.deploy("ca", "show").output
    #expect(shown.contains("root         Company Root, until"), "\(shown)")
    #expect(
      shown.contains("ca-1.root.crl expires on") && shown.contains("deploy ca import --crl FILE"))
    let plan = try home.deploy("plan", "--offline").output
    #expect(
      plan.contains("ca-1.root.crl expires on") && plan.contains("+ tls/revoked.crl"), "\(plan)")
    let ends = try home.deploy("status", "--expiry")
    #expect(ends.status == 0, "\(ends.output)")
    #expect(ends.output.contains("revocation-list  -     Company Root"), "\(ends.output)")
    try list("2000", "second.crl")
    let newer = try home.deploy("ca", "import", "--crl", "\(home.path)/second.crl")
    #expect(newer.status == 0 && newer.output.contains("The revocation list of the root of"))
    #expect(try !home.deploy("ca", "show").output.contains("warning"))
    #expect(try !home.deploy("plan", "--offline").output.contains("root.crl expires"))
    let exported = try home.deploy("ca", "export", "--crl").output
    #expect(exported.components(separatedBy: "BEGIN X509 CRL").count == 3, "\(exported)")
  }

  @Test("what the CA revoked before stays revoked")
  func revoked() throws {
    try make("old", "Company CA")
    try home.write("V\t380101000000Z\t\t4F11\tunknown\t/CN=stolen\n", to: "index")
    try home.write("", to: "index.attr")
    try home.write(
      "[ca]\ndefault_ca=own\n[own]\ndatabase=\(home.path)/index\ndefault_md=sha256\nnew_certs_dir=.\n",
      to: "ca.conf")
    try home.write(
      "R\t380101000000Z\t260101000000Z,keyCompromise\t4F11\tunknown\t/CN=stolen\n", to: "index")
    try openssl(
      "ca", "-gencrl", "-config", "ca.conf", "-keyfile", "old.plain", "-cert", "old.crt",
      "-crldays", "9", "-out", "old.crl")
    let run = try importCA("old", "--crl", "\(home.path)/old.crl")
    #expect(run.status == 0, "\(run.output)")
    let record = try #require(try folder.generations().last)
    #expect(try folder.revocationList(of: record)?.revoked.map(\.serial) == ["4f11"])
    #expect(try home.deploy("plan", "--offline").output.contains("+ tls/revoked.crl"))
  }

  @Test(
    "an import that was killed after any of its steps is completed by the next one, and blocks nothing else",
    arguments: 1...8)
  func killed(steps: Int) throws {
    #expect(try home.deploy("ca", "create").status == 0)
    try make("root", "Company Root")
    try make("sub", "Company CA", issuer: "root")
    let more = ["--chain", "\(home.path)/root.crt", "--root-key", "\(home.path)/root.key"]
    let before = try home.files()
    #expect(try importCA("sub", more[0], more[1], more[2], more[3]).status == 0)
    let all = try home.files()
    let order = [
      "ca-2.import", "ca-2.crl", "ca-2.root.crl", "ca-2.key", "ca-2.crt", "ca-1.retiring",
      "fleet-2.key", "fleet-2.pub",
    ]
    #expect(all.subtracting(before) == Set(order.dropFirst()))
    for name in order[steps...] where all.contains(name) {
      try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }
    if steps < 5 {
      let pem = try String(contentsOfFile: home.path + "/sub.crt", encoding: .utf8)
      try home.write(pem, to: "shop.ca/ca-2.import")
      let shown = try home.deploy("ca", "show")
      #expect(
        shown.status == 0 && shown.output.contains("the import of \"Company CA\" was interrupted"))
      #expect(!shown.output.contains("generation 2"))
      #expect(try home.deploy("plan", "--offline").status == 0)
    }
    let run = try importCA("sub", more[0], more[1], more[2], more[3])
    #expect(run.status == 0, "\(run.output)")
    #expect(try home.files() == all)
    #expect(
      try folder.generations().map { "\($0.generation) \($0.status.rawValue)" } == [
        "1 retiring", "2 signing",
      ])
    #expect(try home.deploy("ca", "show").output.contains("interrupted") == false)
  }

  @Test("after an interrupted import, another CA can be imported, or the import be given up")
  func givenUp() throws {
    try make("old", "Company CA")
    try make("other", "Other CA")
    #expect(try importCA("old").status == 0)
    for name in ["fleet-1.key", "fleet-1.pub"] {
      try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }
    #expect(
      rename(folder.certificatePath(1), folder.path + "/ca-1.import") == 0)
    let created = try home.deploy("ca", "create")
    #expect(
      created.status == 1 && created.output.contains("rm \(folder.path)/ca-1.*"),
      "\(created.output)")
    #expect(try importCA("other").status == 0)
    #expect(try folder.generations().map(\.commonName) == ["Other CA"])
  }

  @Test("files of other kinds, other files' keys and names of sites are refused with advice")
  func refused() throws {
    try make("old", "Company CA")
    try make("site", "SHOP.example")
    #expect(
      try importCA("site").output.contains("is named \"SHOP.example\" like the site shop.example"))
    try openssl("x509", "-in", "old.crt", "-outform", "DER", "-out", "der.crt")
    try openssl("pkey", "-in", "old.plain", "-outform", "DER", "-out", "der.key")
    chmod(home.path + "/der.key", 0o600)
    func run(_ certificate: String, _ key: String) throws -> String {
      try home.deploy(
        [
          "ca", "import", "--certificate", "\(home.path)/\(certificate)", "--key",
          "\(home.path)/\(key)",
        ]
          + Self.keyPassphrase
      ).output
    }
    #expect(try run("der.crt", "old.key").contains("openssl x509 -inform DER"))
    #expect(try run("old.crt", "der.key").contains("openssl pkey -inform DER"))
    #expect(try run("old.crt", "site.key").contains("is the key of another certificate"))
    chmod(home.path + "/old.key", 0o644)
    #expect(try run("old.crt", "old.key").contains("can be read by other users"))
    for arguments in [
      [], ["--certificate", "a"], ["--key", "a"], ["--chain", "a"], ["--root-key", "a"],
      ["folder", "--key", "a"],
      ["folder", "--key-passphrase-env", "A", "--key-passphrase-command", "b"],
    ] {
      #expect(try home.deploy(["ca", "import"] + arguments).status == 64, "\(arguments)")
    }
  }

  @Test("a renewed certificate of the same key replaces the one of its generation")
  func renewed() throws {
    try make("old", "Company CA")
    #expect(try importCA("old").status == 0)
    let first = try #require(try folder.generations().last)
    try openssl(
      "req", "-x509", "-new", "-key", "old.plain", "-config", "config", "-days", "1900", "-subj",
      "/CN=Company CA", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
      "keyUsage=critical,keyCertSign,cRLSign", "-addext", "subjectKeyIdentifier=hash", "-out",
      "old.crt")
    let run = try importCA("old")
    #expect(run.status == 0 && run.output.contains("Replaced the certificate"), "\(run.output)")
    let next = try #require(try folder.generations().last)
    #expect(next.generation == 1 && next.notAfter > first.notAfter)
    #expect(next.keyIdentifier == first.keyIdentifier)
  }
}
