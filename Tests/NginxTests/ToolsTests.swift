import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// Programs of others, by `scripts/make-python-tools`.
private enum PythonTools {
  static let path = "/var/cache/deploy-sandbox/python-tools/bin"
  static let areThere = FileManager.default.fileExists(atPath: path + "/sslyze")
  static let missing: Comment = "\(path) is missing: scripts/make-python-tools makes it"
}

@Suite(
  "Rendered configurations, checked with third-party tools", .serialized,
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"),
  .requires(PythonTools.areThere, PythonTools.missing))
struct ToolsTests {
  private static let cases = ConfigurationCase.all.filter {
    $0.version == ConfigurationCase.versions[2]
  }

  /// What it says of `try_files` is about speed: a cache of what files there are would be late to see
  /// new ones.
  @Test("have no finding by gixy", arguments: cases)
  func gixy(_ item: ConfigurationCase) throws {
    let host = try NginxHost()
    try host.install(item.files)
    let result = try Command(
      PythonTools.path + "/gixy", "--format", "text", "--skips", "try_files_is_evil_too",
      host.url("current/nginx/deploy.conf").path())
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("No issues found"), "\(result.output)")
  }

  private static let roundTrip = """
    import crossplane, sys
    def strip(block):
        return [(d["directive"], d["args"], strip(d.get("block", []))) for d in block
                if d["directive"] != "#"]
    for path in sys.argv[1:]:
        first = crossplane.parse(path, single=True, check_ctx=False)
        assert first["status"] == "ok", first["errors"]
        built = crossplane.build(first["config"][0]["parsed"])
        open(path + ".built", "w").write(built)
        second = crossplane.parse(path + ".built", single=True, check_ctx=False)
        assert strip(first["config"][0]["parsed"]) == strip(second["config"][0]["parsed"]), path
    print("ok")
    """

  @Test("are read by crossplane, and stay the same when written and read again", arguments: cases)
  func crossplane(_ item: ConfigurationCase) throws {
    let host = try NginxHost()
    try host.install(item.files)
    try host.write(Self.roundTrip, to: "round-trip.py")
    let configurations = item.files.filter { $0.path.relative.hasSuffix(".conf") }
    let paths = configurations.map { "'\(host.url("current/\($0.path)").path())'" }
    let output = try Command.script(
      "'\(PythonTools.path)/python' '\(host.path)/round-trip.py' \(paths.joined(separator: " "))")
    #expect(output == "ok\n")
  }

  @Test("have Mozilla's intermediate profile, and no weakness that sslyze finds")
  func sslyze() throws {
    let site = Fleet.site(
      "shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)], hsts: .days(730),
      content: Fleet.files("/srv/shop"))
    let fleet = try TestFleet(
      Fleet.inventory(
        [
          Fleet.host("app-1", [.backEnd], "198.18.0.2"),
          Fleet.host("edge-1", [.frontEnd], "198.18.0.1"),
        ], [site]))
    let answers = try fleet.answers(
      #"""
      \#(PythonTools.path)/sslyze --mozilla_config intermediate --certinfo_ca_file "$ca" \
        --json_out "$edge/graded.json" 'shop.example:443{198.18.0.1}' 2>"$edge/warnings" |
        sed -n 's/^ *shop.example:443: //p; s/^ *\* /  /p' | sed -n '/ompliant/,$p'
      \#(PythonTools.path)/python - "$edge/graded.json" <<'END'
      import json, sys
      found = json.load(open(sys.argv[1]))["server_scan_results"][0]["scan_result"]
      for name, path in (
              ("heartbleed", "is_vulnerable_to_heartbleed"),
              ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
              ("robot", "robot_result"), ("tls_compression", "supports_compression"),
              ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos"),
              ("tls_fallback_scsv", "supports_fallback_scsv")):
          print(name, found[name]["result"][path])
      for name in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
          print(name, len(found[name + "_cipher_suites"]["result"]["accepted_cipher_suites"]))
      END
      """#)
    #expect(
      answers == """
        OK - Compliant.
        heartbleed False
        openssl_ccs_injection False
        robot NOT_VULNERABLE_RSA_NOT_SUPPORTED
        tls_compression False
        session_renegotiation False
        tls_fallback_scsv True
        ssl_2_0 0
        ssl_3_0 0
        tls_1_0 0
        tls_1_1 0

        """)
  }
}
