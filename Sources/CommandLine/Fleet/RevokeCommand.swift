import Application
import ArgumentParser
import Fleet
import State

/// `deploy revoke`: revokes certificates by host or serial number, and installs the CRLs on every
/// host (``RevokeCertificates``).
struct RevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Revoke certificates, so that every host refuses them.",
    usage: "deploy revoke [<options>] [<host> ...]",
    discussion: """
      Revoking a host revokes every unexpired certificate that was ever issued to it, including those in its \
      earlier releases. A host that stays in the inventory and can be reached gets new certificates first, so \
      that no request fails; then the other hosts refuse the old ones. If the new certificate cannot be installed \
      or takes too long, they refuse the old ones anyway, and requests that need that host fail. Like an apply, the command \
      also makes all other changes that the inventory declares. It exits with 1 if a host could not be changed, \
      and lists the hosts that still accept or use the old certificates.

      With --site, the certificate that visitors of a site see is revoked at the public CA that issued it; before, \
      another one is ordered and installed.

      EXAMPLES:
        deploy revoke app-2 --reason key-compromise
        deploy revoke --site shop.example --reason superseded
        deploy revoke --serial 5f3a9c01
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @Option(
    help: ArgumentHelp(
      """
      Revoke the certificate with this serial number. The first 8 or more hexadecimal digits are enough. Can \
      be repeated.
      """,
      valueName: "serial-number"))
  var serial: [String] = []
  @Option(
    help: ArgumentHelp(
      "Revoke the ordered certificate of this site. Can be repeated.", valueName: "domain"),
    completion: .sites)
  var site: [String] = []
  @Flag(help: "Also revoke serial numbers that this state does not know. Give them in full.")
  var foreign = false
  @Option(help: "Reason recorded in the CRL (RFC 5280, 5.3.1).")
  var reason = Revocation.Reason.unspecified
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(
    help: ArgumentHelp("Hosts whose certificates are revoked.", valueName: "host"),
    completion: .hosts)
  var hosts: [String] = []

  /// Requires a host or a serial number. A serial number has at least 8 hexadecimal digits; with
  /// `--foreign` it must be complete.
  func validate() throws {
    guard !hosts.isEmpty || !serial.isEmpty || !site.isEmpty else {
      throw ValidationError(
        "Name at least one host, a certificate with --serial, or a site with --site.")
    }
    guard site.isEmpty || hosts.isEmpty && serial.isEmpty else {
      throw ValidationError(
        "--site is about a public CA: revoke hosts and serial numbers with a command of their own.")
    }
    for text in site where DomainName(text) == nil {
      throw ValidationError("\"\(text)\" is not a domain name.")
    }
    guard !foreign || !serial.isEmpty else {
      throw ValidationError("--foreign needs --serial.")
    }
    for text in serial {
      guard let prefix = SerialPrefix(text) else {
        throw ValidationError("\"\(text)\" is not a serial number in hexadecimal digits.")
      }
      guard !foreign || !SerialPrefix.isShortened(text) else {
        throw ValidationError(
          "\"\(text)\" is shortened: --foreign needs the complete serial number.")
      }
      guard foreign || prefix.digits.utf8.count >= SerialPrefix.shortest else {
        throw ValidationError("\"\(text)\" is too short: give at least 8 hexadecimal digits.")
      }
    }
  }

  func run() async throws {
    try await approval.carryOut(options, log) {
      var scope = try RunScope(parallel: parallel.parallel, playbook: playbook.playbook)
      scope.overridesNewer = newer.overridesNewer
      scope.revokedSites = Set(site.compactMap { DomainName($0) })
      scope.ordersCertificates = !site.isEmpty
      return scope
    } _: { run in
      if !site.isEmpty { return try await RevokeSites(run).revoke(for: reason) }
      return try await RevokeCertificates(run, reason: reason).revoke(
        hosts: hosts, serials: serial.compactMap(SerialPrefix.init), foreign: foreign)
    }
  }
}

extension SerialPrefix {
  /// Whether a serial is a short form, as messages print it: it ends with an ellipsis.
  fileprivate static func isShortened(_ text: String) -> Bool {
    text.hasSuffix("…") || text.hasSuffix("...")
  }
}

extension Revocation.Reason: ExpressibleByArgument {}
