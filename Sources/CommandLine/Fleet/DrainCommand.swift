import Application
import ArgumentParser
import Fleet

/// `deploy drain`: lets front-ends send back-ends no new requests (``DrainHosts``).
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Let front-ends send no new requests to back-ends.",
    usage: "deploy drain [<options>] <host> ...",
    discussion: """
      Front-ends send a drained back-end no new requests; those that it is answering end as usual. It keeps its \
      certificate, configuration and firewall, and gets changes like any other host. The state remembers it, and \
      plans and "deploy status" show it, until "deploy undrain". Like an apply, the command also makes the other \
      changes that the inventory declares for these front-ends.

      Waits until front-ends have no connection to the back-ends, and exits with 1 if some are left when the time \
      is over: the back-ends stay drained. Refuses to drain the last back-end of a site.

      EXAMPLES:
        deploy drain app-1 --yes && ssh app-1 reboot
        deploy drain rack=b4 --wait 10m
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @Option(
    help: ArgumentHelp(
      "How long to wait for connections to end, such as 10m; 0s does not wait. Default: 60s.",
      valueName: "period"))
  var wait: Period?
  @Flag(help: "Also drain the last back-end of a site, or leave only backups.") var force = false
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(
    help: ArgumentHelp("Back-ends to drain: names, globs or label=value.", valueName: "host"),
    completion: .hosts)
  var hosts: [String]

  func run() async throws {
    try await approval.carryOut(options, log) {
      try RunScope(hosts, parallel, playbook, newer)
    } _: { run in
      try await DrainHosts(run).drain(
        isForced: force, waiting: .seconds(wait?.seconds ?? 60))
    }
  }
}

/// `deploy undrain`: brings drained back-ends back (``DrainHosts``).
struct UndrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undrain",
    abstract: "Let front-ends send requests to drained back-ends again.",
    usage: "deploy undrain [<options>] <host> ...",
    discussion: """
      The run also brings the back-ends what the inventory declares for them, and no front-end sends one of them \
      requests before it can answer them. If one cannot be reached or changed, all of them stay drained.

      EXAMPLES:
        deploy undrain app-1
        deploy undrain rack=b4 --yes
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(
    help: ArgumentHelp("Back-ends to bring back: names, globs or label=value.", valueName: "host"),
    completion: .hosts)
  var hosts: [String]

  func run() async throws {
    try await approval.carryOut(options, log) {
      try RunScope(hosts, parallel, playbook, newer)
    } _: { run in
      try await DrainHosts(run).undrain()
    }
  }
}

extension RunScope {
  /// The hosts that a command names, with its options.
  fileprivate init(
    _ hosts: [String], _ parallel: ParallelOption, _ playbook: PlaybookOption,
    _ newer: NewerOptions
  ) throws {
    try self.init(hosts: hosts, playbook: playbook.playbook)
    self.parallel = parallel.parallel
    overridesNewer = newer.overridesNewer
  }
}
