import ACME
import CAStore
import Certificates
import Fleet
import Inventories

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
        directory: directory, certificate: current.certificate, reason: reason))
    record.current?.isRevoked = true
    try folder.save(record, of: site)
  }

  /// Revokes what was noted, also by an earlier run.
  ///
  /// - Returns: a sentence for each certificate that could not be revoked; the next run tries again.
  func carryOut() async throws -> [String] {
    var failures: [String] = []
    for site in run.workspace.inventory.sites where site.acme != nil {
      var record = try folder.orders(of: site.domain)
      for revoking in record.revoking {
        do {
          try await revoke(revoking)
        } catch {
          failures.append("the certificate of \(site.domain) was not revoked: \(error)")
          continue
        }
        record.revoking.removeAll { $0 == revoking }
        try folder.save(record, of: site.domain)
      }
    }
    return failures
  }

  private func revoke(_ revoking: SiteOrderRecord.Revoking) async throws {
    let accounts = run.workspace.inventory.acme.values.sorted { $0.name < $1.name }
    guard let account = accounts.first(where: { $0.directory.text == revoking.directory }) else {
      throw Failure(
        .failed,
        "no account of the inventory is at \(revoking.directory), which issued it: add one below acme.accounts"
      )
    }
    let client = try await self.accounts.client(of: account)
    try await client.revoke(
      try CertificateBundle(pem: revoking.certificate).leafDER(), reason: revoking.reason)
  }
}
