import ACME
import CAStore
import Certificates
import Fleet
import Hashing
import Inventories
import Planning
import State

/// Revokes certificates at the servers that issued them, as records of sites ask for it.
struct SiteRevocations {
  let run: FleetRun
  let accounts: ACMEAccounts

  private var folder: ACMEFolder { run.workspace.ca.acme }

  /// Notes that the certificate of a site is to be revoked; from then on another one is ordered.
  ///
  /// - Parameter reason: the number of RFC 5280, 5.3.1.
  func note(_ site: DomainName, reason: Int) throws {
    var record = try folder.orders(of: site)
    guard let current = record.current, !current.isRevoked,
      let directory = current.request.directory
    else { return }
    record.revoking.append(
      .init(
        account: current.request.account, directory: directory, certificate: current.certificate,
        reason: reason))
    record.current?.isRevoked = true
    record.revoked.append(Digest.sha256(of: current.certificate))
    try folder.save(record, of: site)
  }

  /// Revokes what was noted, also by an earlier run, and is no longer shown to visitors.
  ///
  /// - Returns: a sentence for each certificate that was not revoked; the next run tries again.
  func carryOut(_ state: FleetState) async -> [String] {
    var failures: [String] = []
    do {
      for site in try folder.sites() where run.scope.limit == nil || run.ownSites.contains(site) {
        var record = try folder.orders(of: site)
        for revoking in record.revoking {
          do {
            try await revoke(revoking, of: site, state)
          } catch {
            failures.append("the certificate of \(site) is not revoked yet: \(Failure(error).text)")
            continue
          }
          record.revoking.removeAll { $0 == revoking }
          try folder.save(record, of: site)
        }
      }
    } catch {
      failures.append(Failure(error).text)
    }
    return failures
  }

  private func revoke(
    _ revoking: SiteOrderRecord.Revoking, of site: DomainName, _ state: FleetState
  ) async throws {
    let bundle = try CertificateBundle(pem: revoking.certificate)
    // No one accepts it any longer, and servers refuse to revoke it.
    guard bundle.facts[0].notAfter > Timestamp.current.secondsSince1970 else { return }
    let hosts = state.hosts(showing: Digest.sha256(of: revoking.certificate), for: site)
    guard hosts.isEmpty else {
      throw Failure(
        .failed,
        "\(hosts.joined(separator: ", ")) would still show it to visitors. It is revoked when another one is"
          + " installed")
    }
    let client = try await accounts.client(of: try account(revoking))
    try await client.revoke(try bundle.leafDER(), reason: revoking.reason)
  }

  /// The account that ordered the certificate, or else any at that server.
  private func account(_ revoking: SiteOrderRecord.Revoking) throws -> ACMEAccount {
    let known = run.workspace.inventory.acme.values.sorted { $0.name < $1.name }
      .filter { $0.directory.text == revoking.directory }
    for account in known {
      if try folder.account(account.name)?.thumbprint.text == revoking.account { return account }
    }
    guard let account = known.first else {
      throw Failure(
        .failed,
        "no account of the inventory is at \(revoking.directory), which issued it: add one below"
          + " acme.accounts")
    }
    return account
  }
}
