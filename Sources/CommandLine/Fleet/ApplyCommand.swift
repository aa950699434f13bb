import Application
import ArgumentParser
import Planning

/// `deploy apply`: changes the hosts to what the inventory declares (``ApplyPlan``).
///
/// With a saved plan, hosts are changed only if the new plan for them is the saved one.
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make a plan, show it, ask for approval, and carry it out.",
    usage: "deploy apply [<options>] [<plan-file>]",
    discussion: """
      With a saved plan, a new plan is made and compared with the saved one, host by host. A host for which \
      they differ is refused, the message says what differs, and the other hosts continue. If the state, the CA \
      or the playbook has changed, the whole run is refused. Give the same --playbook and --allow-lockout as \
      when the plan was saved. Exits with 1 unless every host is unchanged or confirmed.

      EXAMPLES:
        deploy apply
        deploy apply --limit app-1,app-2 --playbook Playbooks/canary.yml
        deploy apply shop.plan --yes
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var lockout: LockoutOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(
    help: ArgumentHelp("Plan that \"deploy plan --out\" saved.", valueName: "plan-file"),
    completion: .file())
  var savedPlan: String?

  func validate() throws {
    guard savedPlan == nil || hosts.limit == nil else {
      throw ValidationError(
        "\(hosts.source) cannot be combined with a saved plan, which has its own limit.")
    }
  }

  func run() async throws {
    try await approval.carryOut(options, log) {
      var scope = try hosts.scope(playbook: playbook.playbook)
      if let savedPlan { try scope.restrict(to: SavedPlan.read(savedPlan)) }
      scope.allowsLockout = lockout.isAllowed
      scope.overridesNewer = newer.overridesNewer
      scope.ordersCertificates = true
      return scope
    } _: { run in
      try await ApplyPlan(run).apply()
    }
  }
}
