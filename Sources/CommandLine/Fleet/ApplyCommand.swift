import Application
import ArgumentParser
import Planning

/// `deploy apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Makes the plan, shows it, asks, and carries it out.",
    discussion: """
      With the file of a saved plan, the plan that is made now is compared with the saved one, host by host. A \
      host for which it differs is refused by name, with what differs, and the others continue. All of it is \
      refused if the state, the CA or the playbook has changed; give the same --playbook and --allow-lockout \
      as when it was saved.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var lockout: LockoutOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(help: "What \"plan --out\" has saved, to compare with.", completion: .file())
  var savedPlan: String?

  func validate() throws {
    guard savedPlan == nil || hosts.limit == nil else {
      throw ValidationError("--limit is for making a plan: a saved plan has its own.")
    }
  }

  func run() async throws {
    try await approval.carryOut(options) {
      var scope = try hosts.scope(playbook: playbook.playbook)
      if let savedPlan { try scope.restrict(to: SavedPlan.read(savedPlan)) }
      scope.allowsLockout = lockout.isAllowed
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      try await ApplyPlan(run).apply()
    }
  }
}
