import Foundation
import Sandbox
import Testing

/// What hosts have, asked behind the back of `deploy`.
extension TwinFleet {
  /// The CA generations that each host trusts, by key identifier.
  func trusted() async throws -> [String: Set<String>] {
    var trusted: [String: Set<String>] = [:]
    for host in Self.hosts {
      let output = try await scene.on(
        host,
        """
        [ -e /etc/deploy/current/tls/ca.crt ] || exit 0
        openssl crl2pkcs7 -nocrl -certfile /etc/deploy/current/tls/ca.crt |
          openssl pkcs7 -print_certs -noout -text |
          sed -n '/Subject Key Identifier/ { n; s/[ :]//g; p; }'
        """)
      #expect(output.status == 0, "\(output.all)")
      trusted[host] = Set(output.stdout.split(separator: "\n").map(String.init))
    }
    return trusted
  }

  /// Waits until no host is in the middle of a transaction.
  func settle() async throws {
    for host in Self.hosts { try await scene.settle(host, isHurried: true) }
  }

  /// What an operator's state says of a host, and what the host has, where these differ.
  func lies(of someone: Operator) async throws -> [String] {
    let output = try await folder(someone).deploy("state", "show")
    guard output.status == 0 else { return ["state show failed: \(output.all)"] }
    let state = try JSONDecoder().decode(StateDocument.self, from: Data(output.stdout.utf8))
    var lies: [String] = []
    for host in copies[someone, default: wanted].hosts {
      let link = try await scene.on(host, "basename \"$(readlink /etc/deploy/current)\"").stdout
      let has = Int(link.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
      let said = state.hosts[host]?.release.number ?? 0
      if has != said { lies.append("the state says that \(host) has \(said), it has \(has)") }
    }
    return lies
  }

  private struct StateDocument: Decodable {
    struct Host: Decodable {
      struct Release: Decodable { var number: Int }
      var release: Release
    }
    var hosts: [String: Host]
  }
}
