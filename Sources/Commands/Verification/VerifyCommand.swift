import ArgumentParser
import Certificates
import Files
import Fleet
import Foundation
import Inventories
import Planning
import SSH
import State

/// `deploy verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Tries every edge from the front-end's own address, and the sites through nginx.",
    discussion: """
      Each back-end has to serve its recorded certificate, to accept a certificate of the authority, to \
      refuse clients without one and with a foreign one, and to be out of reach for other hosts. Each \
      site has to answer through its front-ends, with its certificate of the inventory and a chain that \
      holds. The hosts need nothing but sshd, which must allow forwarding. Exits with 1 where anything \
      is not as it should be.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "How the result is shown.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let session = try Session(options, hosts)
      let workspace = session.workspace
      let checks = FleetChecks(of: workspace.inventory, session.selector)
      guard !checks.edges.isEmpty || !checks.entrances.isEmpty else {
        throw Failure(.usage, "no edge of the fleet touches these hosts")
      }
      let view = VerificationView(
        fleet: workspace.inventory.fleet.text,
        await findings(of: checks, try await probe(session)))
      try view.print(as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal))
      guard view.isSound else { throw Failure(.failed) }
    }
  }

  private func probe(_ session: Session) async throws -> FleetProbe {
    let workspace = session.workspace
    let generations = try workspace.authorities()
    let now = Timestamp.current
    guard let signing = generations.last else {
      preconditionFailure("An authority has no generation. This is a bug in deploy.")
    }
    return FleetProbe(
      connector: SSHConnector(
        client: session.client, passphrases: KeyPassphrases(), resolve: { workspace.resolve($0) }),
      connections: Dictionary(
        uniqueKeysWithValues: workspace.inventory.hosts.map { ($0.name.text, $0.access) }),
      state: try session.readState(),
      trusted: try CertificateBundle(pem: generations.map(\.certificate).joined()),
      authority: try await AuthorityKeyring(workspace).authority(signing),
      foreign: try .foreign(now: now.secondsSince1970),
      siteCertificates: try siteCertificates(workspace), now: now)
  }

  private func siteCertificates(_ workspace: Workspace) throws -> [String: CertificateFacts] {
    var found: [String: CertificateFacts] = [:]
    for site in workspace.inventory.sites {
      guard case .files(let file, _) = site.certificate else { continue }
      let path = workspace.resolve(file.path.text)
      let pem = String(
        decoding: try Failure.naming(.invalidInput) { () throws(FileError) in
          try FileReader.read(path, as: .certificate)
        }, as: UTF8.self)
      found[site.domain.text] = try CertificateFacts.readAll(pem: pem, named: path)[0]
    }
    return found
  }

  private func findings(of checks: FleetChecks, _ probe: FleetProbe) async -> FleetFindings {
    let limit = hosts.parallel
    async let edges = Self.map(checks.edges, atMost: limit) { await probe.finding(of: $0) }
    async let entrances = Self.map(checks.entrances, atMost: limit) {
      await probe.finding(of: $0)
    }
    async let strangers = Self.map(checks.strangers, atMost: limit) {
      await probe.finding(of: $0)
    }
    return await FleetFindings(edges: edges, strangers: strangers, entrances: entrances)
  }

  /// The results in the order of what they are of.
  private static func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], atMost limit: Int,
    _ transform: @escaping @Sendable (Element) async -> Result
  ) async -> [Result] {
    await withTaskGroup(of: (index: Int, result: Result).self) { group in
      var results: [Int: Result] = [:]
      for (index, element) in elements.enumerated() {
        if index >= limit, let next = await group.next() { results[next.index] = next.result }
        group.addTask { (index, await transform(element)) }
      }
      for await next in group { results[next.index] = next.result }
      return elements.indices.compactMap { results[$0] }
    }
  }
}

extension CertificateAuthority {
  /// An authority that nobody knows, for as long as it is in memory.
  static func foreign(now: Int64) throws -> CertificateAuthority {
    let passphrase = Secret(copying: UUID().uuidString.utf8)
    return try unlock(
      create(
        AuthorityRequest(
          commonName: "deploy verify: a foreign one", key: .ecdsaP256, validFor: 600),
        passphrase: passphrase, now: now), passphrase: passphrase)
  }
}
