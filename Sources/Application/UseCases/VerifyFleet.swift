import CAStore
import Certificates
import Execution
import Files
import Fleet
import Inventories
package import Planning
import SSH
import State
package import Verification

/// Tests every edge of the fleet from the front-ends' addresses, and every site through nginx
/// (`deploy verify`).
package struct VerifyFleet {
  private let run: FleetRun
  private let connector: any GatewayConnector

  package init(_ run: FleetRun, _ access: SSHFleetAccess) {
    self.run = run
    connector = access.connector
  }

  /// Needs the CA's key, to issue the certificates that probes present. Fails with `usage` if there is nothing to
  /// test.
  package func findings(_ extent: FleetChecks.Extent) async throws -> FleetFindings {
    let inventory = run.workspace.inventory.taking(part: try run.states.read())
    let checks = FleetChecks(of: inventory, run.scope.selector, extent)
    guard !checks.edges.isEmpty || !checks.publicEndpoints.isEmpty else {
      throw Failure(.usage, "no edge or site of the fleet uses these hosts: change --limit")
    }
    let probe = try await probe()
    defer { run.interaction.show(.ended) }
    return await FleetFindings(of: checks, probe, CheckLimits(hosts: run.scope.parallel)) {
      [interaction = run.interaction] in interaction.show($0)
    }
  }

  /// The probe that makes the connections, with the CA's key, the state and the certificates of
  /// sites.
  private func probe() async throws -> FleetProbe {
    let generations = try run.workspace.caGenerations()
    guard let signing = generations.signing else {
      preconditionFailure("A CA has no generation. This is a bug in deploy.")
    }
    return try FleetProbe(
      connector: connector,
      connections: Dictionary(
        uniqueKeysWithValues: run.workspace.inventory.hosts.map { ($0.name, $0.access) }),
      state: try run.states.read(),
      trusted: CertificateBundle(pem: generations.map(\.certificate).joined()),
      ca: await run.ca.keyring.ca(signing), siteCertificates: siteCertificates(),
      roots: SystemRoots.known, now: { .current })
  }

  /// The certificates that sites should present, from the files that the inventory names.
  private func siteCertificates() throws -> [DomainName: CertificateFacts] {
    var found: [DomainName: CertificateFacts] = [:]
    for site in run.workspace.inventory.sites {
      let orders = run.workspace.ca.acme
      if site.isCertificateOrdered, let issued = try orders.orders(of: site.domain).current {
        found[site.domain] = try CertificateFacts.readAll(
          pem: issued.certificate, named: orders.orderPath(site.domain))[0]
      }
      guard case .files(let file, _) = site.certificate else { continue }
      let path = run.workspace.resolve(file.path.text)
      let bytes = try Failure.naming(.invalidInput) { () throws(FileError) in
        try FileReader.read(path, as: .certificate)
      }
      found[site.domain] = try CertificateBundle(serverFile: bytes, named: path).facts[0]
    }
    return found
  }
}
