import Application
import ArgumentParser
import Fleet
import State

/// `deploy maintenance`: puts a site into maintenance, or ends that (``MaintainSite``).
struct MaintenanceCommand: AsyncParsableCommand {
  /// Whether maintenance begins or ends.
  enum Turn: String, ExpressibleByArgument, CaseIterable { case on, off }

  static let configuration = CommandConfiguration(
    commandName: "maintenance",
    abstract: "Let front-ends answer that a site is in maintenance.",
    usage: "deploy maintenance [<options>] <site> on|off",
    discussion: """
      Front-ends answer every request for the site with 503, Retry-After and a page, except from the addresses of \
      --allow, whose requests reach the back-ends as usual. Redirects and answers to ACME challenges continue. \
      Behind a content network, the visitor's own address counts. The state remembers it with the page, and plans \
      and "deploy status" show it, until "off". With "on" again, the new options replace the earlier ones. Like an \
      apply, the command also makes the other changes that the inventory declares for these front-ends.

      EXAMPLES:
        deploy maintenance shop.example on --page maintenance.html --allow 198.51.100.0/24
        deploy maintenance shop.example off
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @Option(
    help: ArgumentHelp(
      "HTML file that visitors get, at most 1 MiB. Default: a short page.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var page: String?
  @Option(
    help: ArgumentHelp(
      "Address or range that is answered as usual. Can be repeated.", valueName: "range"))
  var allow: [AddressRange] = []
  @Option(
    help: ArgumentHelp(
      "When visitors are asked to try again. Default: 10m.", valueName: "period"))
  var retryAfter: Period?
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(help: ArgumentHelp("Site by its domain.", valueName: "site"), completion: .sites)
  var site: String
  @Argument(help: "Begin or end the maintenance.") var turn: Turn

  func validate() throws {
    guard DomainName(site) != nil else {
      throw ValidationError("\"\(site)\" is not a domain name.")
    }
    guard turn == .on || page == nil && allow.isEmpty && retryAfter == nil else {
      throw ValidationError("--page, --allow and --retry-after are for \"on\".")
    }
    if let retryAfter, !SiteMaintenance.retries.contains(retryAfter.seconds) {
      throw ValidationError("--retry-after is 1s to 365d.")
    }
    guard allow.count <= SiteMaintenance.mostAllowed else {
      throw ValidationError("--allow is given more than \(SiteMaintenance.mostAllowed) times.")
    }
  }

  func run() async throws {
    guard let domain = DomainName(site) else { throw ExitCode(.usage) }
    try await approval.carryOut(options, log) {
      var scope = try RunScope(parallel: parallel.parallel, playbook: playbook.playbook)
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      let change = MaintainSite(run, site: domain)
      switch turn {
      case .on:
        return try await change.begin(
          .init(page: page, allowed: allow, retryAfter: retryAfter ?? .seconds(600)))
      case .off: return try await change.end()
      }
    }
  }
}

extension AddressRange: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
