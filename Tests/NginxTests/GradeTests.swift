import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

private let testssl = "/usr/bin/testssl"
private let canGrade =
  Command.canRunNginx && FileManager.default.isExecutableFile(atPath: testssl)

@Suite("A front-end, as testssl.sh grades it", .requires(canGrade, "testssl.sh is missing"))
struct GradeTests {
  /// Of a site that has the headers which browsers know, for they are its owner's to choose.
  ///
  /// The order of ciphers is left to visitors, as Mozilla's profile has it: all are strong, and a
  /// telephone is faster with ChaCha20. Releases before 3.2 of testssl.sh take that for a fault.
  @Test("has no finding above low")
  func findings() throws {
    let site = Fleet.site(
      "shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)], hsts: .days(730),
      content: Fleet.files("/srv/shop"),
      requests: RequestPolicy(headers: [
        Fleet.header("Content-Security-Policy", "default-src 'self'"),
        Fleet.header("X-Content-Type-Options", "nosniff"),
        Fleet.header("X-Frame-Options", "DENY"),
      ]))
    let fleet = try TestFleet(
      Fleet.inventory(
        [
          Fleet.host("app-1", [.backEnd], "198.18.0.2"),
          Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
        ], [site]), responder: "http://127.0.0.1:2560/")
    try fleet["app-1"].write("the shop\n", to: "srv/shop/index.html")
    // The front-end shows the chain as a public CA gives it.
    let leaf = try fleet["edge-1"].url("current/tls/sites/shop.example.crt")
    let chain = try [leaf.path(), fleet.ca.certificate].map {
      try String(contentsOfFile: $0, encoding: .utf8)
    }
    try Data(chain.joined().utf8).write(to: leaf)
    let answers = try fleet.answers(
      #"""
      \#(testssl) --quiet --color 0 --warnings off --nodns none --add-ca "$ca" --ip 198.18.0.1 \
        --protocols --std --fs --server-preference --server-defaults --header --vulnerable \
        --jsonfile "$edge/graded.json" https://shop.example/ >"$edge/graded" 2>&1 </dev/null || true
      python3 - "$edge/graded.json" <<'END'
      import json, sys
      findings = json.load(open(sys.argv[1]))
      print(len(findings) > 60)
      for each in findings:
          if each["severity"] not in ("OK", "INFO", "LOW", "WARN"):
              print(each["severity"], each["id"], each["finding"])
      END
      """#)
    #expect(
      answers.replacing("HIGH cipher_order NOT a cipher order configured\n", with: "") == "True\n")
  }
}
