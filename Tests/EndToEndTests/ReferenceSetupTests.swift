import Sandbox
import TestSupport
import Testing

/// The lines of the original setup, "Encrypted connection between Back-End and Front-End with
/// nginx": each is tested on hosts that deploy set up. Tests of one line have its number in their names.
@Suite(
  "The reference setup, line by line", .serialized, .requires(isRoot, "namespaces need root"),
  ReferenceSetupFleet())
struct ReferenceSetupTests {
  var scene: Scene {
    get throws { try #require(ReferenceSetupFleet.current, "the suite's fleet is not there") }
  }

  /// The words by which curl reaches a site of edge-1 as a visitor on the controller.
  static let visitor = """
    visit() {
      site=$1; shift
      curl -sS -m 10 --cacert "$folder/$ca" --resolve "*:443:198.18.0.10" \\
        --resolve "*:80:198.18.0.10" "$@" "https://$site"
    }

    """

  /// What a script prints on the controller, with `visit SITE/PATH [OPTIONS]` for it.
  ///
  /// - Parameter ca: who issued the certificates that visitors see: the fleet's own, or a public one.
  func visitor(_ script: String, trusting ca: String = "shop.ca/ca-1.crt")
    async throws -> String
  {
    let scene = try scene
    let head = "folder='\(scene.folder)'\nca='\(ca)'\n" + Self.visitor
    return try await scene.must(head + script)
  }

  static let publicCA = "public/ca.crt"

  /// What a back-end says to a front-end's own nginx, by whose certificate a script asks there.
  ///
  /// `ask OPTIONS` asks for a page; `hello OPTIONS` makes a handshake and prints what openssl says.
  func frontEnd(_ script: String) async throws -> String {
    try await scene.must(
      """
      cd /etc/deploy/current/tls
      own='--cert front-end.crt --key front-end.key'
      ask() {
        curl -sS -m 10 --cacert ca.crt --resolve '*:443:198.18.0.21' "$@"
      }
      hello() {
        openssl s_client -connect 198.18.0.21:443 -CAfile ca.crt "$@" </dev/null 2>&1 || true
      }

      """ + script, on: "edge-1")
  }

  /// The certificate that a host shows as openssl prints it, with its field names.
  func served(
    by address: String, as name: String, asFrontEnd: Bool = false, field options: String
  ) async throws -> String {
    let client = asFrontEnd ? "-cert front-end.crt -key front-end.key" : ""
    return try await scene.must(
      """
      cd /etc/deploy/current/tls
      openssl s_client -connect \(address) -servername \(name) \(client) </dev/null 2>/dev/null |
        openssl x509 -noout -nameopt RFC2253 -dateopt iso_8601 \(options)
      """, on: "edge-1")
  }
}
