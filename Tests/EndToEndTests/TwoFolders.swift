import Foundation
import Sandbox
import Testing

/// A fleet that has been deployed once, and a copy of the folder that it was deployed from, as it was then.
struct TwoFolders {
  /// Whose folder is used first.
  let anna: Scene
  /// Whose folder is yesterday's.
  let bert: Scene
  /// The certificate of edge-1 as it was then.
  let thief: StolenIdentity

  static let backEnds = ["app-1": "198.18.0.21", "app-2": "198.18.0.22"]
  static var hosts: [String] { backEnds.keys.sorted() + ["edge-1"] }

  static func play(_ body: (TwoFolders) async throws -> Void) async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let folders = TwoFolders(
        anna: scene, bert: Scene(sandbox: scene.sandbox, folder: scene.folder + "/bert"),
        thief: try await StolenIdentity(of: "edge-1", scene))
      try FileManager.default.createDirectory(
        atPath: folders.bert.folder, withIntermediateDirectories: false)
      try await folders.bert.take(["shop.yml", "shop.state.json", "shop.ca"], from: scene)
      try await body(folders)
    }
  }

  func fingerprints() async throws -> [String] {
    try await Self.hosts.asyncMap { try await anna.fingerprint(of: $0) }
  }

  /// That every back-end accepts the stolen certificate, or refuses it.
  func expectAccepted(
    _ isAccepted: Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for address in Self.backEnds.values {
      let answer = try await thief.ask(address)
      #expect(
        isAccepted ? answer.status == 200 : answer.status == nil, "\(answer)",
        sourceLocation: sourceLocation)
    }
  }
}

extension Scene {
  /// Replaces files and folders by those of another folder.
  func take(_ names: [String], from other: Scene) async throws {
    for name in names {
      let output = try await sandbox.run([
        "sh", "-c", "rm -rf \"$2\" && cp -a \"$1\" \"$2\"", "sh", "\(other.folder)/\(name)",
        "\(folder)/\(name)",
      ])
      #expect(output.status == 0, "\(output.all)")
    }
  }

  /// The key identifiers of the CA generations that a host trusts.
  func trusted(by host: String) async throws -> Set<String> {
    let output = try await on(
      host,
      """
      cd /etc/deploy/current/tls && awk '/BEGIN/ { n++ } { print >"/run/trusted-" n }' ca.crt &&
        for file in /run/trusted-*; do
          openssl x509 -noout -ext subjectKeyIdentifier -in "$file" | sed '1d; s/ //g'
        done
      rm -f /run/trusted-*
      """)
    #expect(output.status == 0, "\(output.all)")
    return Set(output.stdout.split(separator: "\n").map(String.init))
  }
}
