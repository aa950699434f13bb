import Application
import ArgumentParser

/// `deploy renew`: renews what is due and changes nothing else (``RenewFleet``), for a timer.
struct RenewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew", abstract: "Renew what is due, and change nothing else.",
    usage: "deploy renew [<options>]",
    discussion: """
      Renews the certificates of hosts, the CA bundles and revocation lists, the certificates that are ordered for \
      sites, and the address ranges of content networks. Each host keeps the configuration that it has: what else \
      the inventory changes is listed and left to "deploy apply". Does not ask, so a timer can run it; see \
      deploy-renew@.timer. Exits with 1 unless every host is unchanged or confirmed; a host on which something is \
      due that cannot be renewed alone is refused.

      EXAMPLES:
        deploy renew
        deploy renew --inventory /var/lib/deploy/shop/Inventories/shop.yml --quiet
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @OptionGroup var playbook: PlaybookOption
  @Option(help: "Output format; ndjson prints each event of the run when it happens.")
  var format = RunFormat.text
  @Flag(help: "Accepted for scripts: the command never asks.") var yes = false
  @OptionGroup var lock: LockOption

  func run() async throws {
    try await ApprovalOptions.approved(format, lock).carryOut(options, log) {
      var scope = try hosts.scope(playbook: playbook.playbook)
      scope.ordersCertificates = true
      scope.isLimitedToRenewals = true
      return scope
    } _: { run in
      try await RenewFleet(run).renew()
    }
  }
}
