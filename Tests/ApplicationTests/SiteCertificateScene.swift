import Certificates
import Fleet
import FleetFolders
import Foundation
import Inventories
import Planning
import TestSupport

@testable import Application

/// A site whose certificate files a case makes, in a temporary folder; what nginx and deploy say of them.
struct SiteCertificateScene {
  /// What deploy says, without the folder, dates and OpenSSL's own words.
  struct Judgement: CustomStringConvertible {
    enum Outcome: String { case fine, warning, error }

    let outcome: Outcome
    let messages: [String]

    var description: String { ([outcome.rawValue] + messages).joined(separator: "\n") + "\n" }

    /// The command that converts the file, if there is one.
    var conversion: String? {
      messages.joined(separator: "\n").split(separator: "\n").first { $0.hasPrefix("    ") }
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  private static let cases = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases/certificates")
  /// The CAs of all cases, made once.
  private static let createdCAs = Result { () throws -> TemporaryFolder in
    let folder = try TemporaryFolder("deploy-pki")
    try shell(". \(cases.path)/prelude.sh; . \(cases.path)/setup.sh", in: folder.path)
    return folder
  }

  let home: Home
  private let roots: KnownRoots

  /// - Parameters:
  ///   - script: makes `shop.crt` or `shop.key`.
  ///   - isAboutKey: whether it makes the key, for a good certificate.
  init(_ script: String, isAboutKey: Bool = false) throws {
    home = try Home()
    home.inventory = home.inventory.replacing(
      "{ca: true}", with: "{files: {certificate: shop.crt, key: shop.key}}"
    ).replacing("  shop.example:\n", with: "  shop.example:\n    aliases: [www.shop.example]\n")
    try home.write(home.inventory, to: "shop.yml")
    let pki = try Self.createdCAs.get()
    roots = try KnownRoots(CertificateBundle(pem: pki.text("root.crt")))
    try Self.shell(
      """
      cp \(pki.path)/*.crt \(pki.path)/*.key .
      . \(Self.cases.path)/prelude.sh
      \(isAboutKey ? "cat leaf.crt middle.crt >shop.crt" : "")
      \(script)
      \(isAboutKey ? "" : "[ -e shop.key ] || cp leaf.key shop.key")
      """, in: home.path)
  }

  func shell(_ command: String) throws { try Self.shell(command, in: home.path) }

  private static func shell(_ command: String, in folder: String) throws {
    let run = try ProgramRun(["/bin/sh", "-c", command], in: folder)
    guard run.hasSucceeded else { throw Failure(.failed, "\(command): \(run.output)") }
  }

  /// Names another file in the inventory instead of `shop.crt` or `shop.key`.
  func use(_ file: String, insteadOf name: String) throws {
    try shell("sed -i 's|: \(name)|: \(file)|' shop.yml")
  }

  // MARK: - The judges

  /// Whether nginx starts with the files that the inventory names.
  func isAcceptedByNginx() async throws -> Bool {
    let pair = try await files()
    try home.write(
      """
      pid \(home.path)/pid; error_log \(home.path)/log; events {}
      http {
        access_log off; client_body_temp_path \(home.path)/t; proxy_temp_path \(home.path)/t;
        fastcgi_temp_path \(home.path)/t; uwsgi_temp_path \(home.path)/t;
        scgi_temp_path \(home.path)/t;
        server {
          listen unix:\(home.path)/socket ssl;
          ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key);
        }
      }
      """, to: "nginx.conf")
    return try ProgramRun(["nginx", "-t", "-p", home.path, "-c", home.path + "/nginx.conf"])
      .hasSucceeded
  }

  private func files() async throws -> (certificate: String, key: String) {
    let inventory = try await workspace().inventory
    guard case .files(let certificate, let key) = inventory.sites[0].certificate else {
      throw Failure(.failed, "the site has no files")
    }
    return ("\(home.path)/\(certificate.path.text)", "\(home.path)/\(key.path.text)")
  }

  private var location: FleetLocation { FleetLocation(inventories: [home.path + "/shop.yml"]) }

  private func workspace() async throws -> Workspace {
    try await Workspace.open(location, FakeInteraction())
  }

  /// What `deploy check` says, which reads no key.
  func check() async -> Judgement {
    await judgement {
      try await CheckFleet.report(location, playbook: nil, FakeInteraction(), knowing: roots)
        .warnings
    }
  }

  /// What a plan that needs the key says.
  func plan() async -> Judgement { await judgement { try await materials().certificateWarnings } }

  /// What a plan that needs the key reads.
  func materials() async throws -> Materials {
    let workspace = try await workspace()
    return try MaterialsReader(
      workspace: workspace, now: .current, keys: .of(Set(workspace.inventory.hosts.map(\.name))),
      roots: roots
    ).read()
  }

  private func judgement(_ warnings: () async throws -> [String]) async -> Judgement {
    do {
      let warnings = try await warnings()
      return Judgement(
        outcome: warnings.isEmpty ? .fine : .warning, messages: warnings.map(withoutAccidents))
    } catch {
      return Judgement(
        outcome: .error, messages: [withoutAccidents(Failure(error).message ?? "no message")])
    }
  }

  private func withoutAccidents(_ message: String) -> String {
    message.replacing(home.path + "/", with: "")
      .replacing(/\d{4}-\d\d-\d\d/, with: "DATE")
      .replacing(/\(OpenSSL: .*\)/, with: "(OpenSSL: WORDS)")
  }
}
