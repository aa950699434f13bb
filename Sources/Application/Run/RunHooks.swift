import Execution
import Fleet
import Inventories
import Planning
import Processes
import State

/// Runs the playbook's commands before and after a whole run, if its plan has changes. Each gets the plan, or
/// the summary, as JSON on its standard input.
actor RunHooks {
  private let fleet: String
  private let run: RunID
  private let interaction: any Interaction
  private let processes = HookProcesses()
  /// The hooks of the plan that is being carried out; nil before and after that.
  private var hooks: PlannedHooks?

  init(_ workspace: Workspace, _ run: RunID, _ interaction: any Interaction) {
    fleet = workspace.inventory.fleet.text
    self.run = run
    self.interaction = interaction
  }

  /// Runs the `before_run` commands up to the first failure, which stops the run before any host is changed.
  ///
  /// - Parameter refused: what is so if a command fails, for the message.
  func before(_ plan: Plan, caGenerations: [CAGeneration], refused: String) async throws {
    guard plan.hasChanges, plan.hooks.hasRunHooks else { return }
    hooks = plan.hooks
    guard !plan.hooks.beforeRun.isEmpty else { return }
    let json = try interaction.json(of: plan, caGenerations: caGenerations)
    for words in plan.hooks.beforeRun {
      switch await ending(of: words, "before_run", json, [:], plan.hooks.timeout) {
      case .succeeded: continue
      case .failed(let why):
        throw Failure(.failed, "\(refused): the hook before_run \(name(of: words)) \(why)")
      case .interrupted:
        throw Failure(
          .interrupted, "\(refused): the hook before_run \(name(of: words)) was interrupted")
      }
    }
  }

  /// Runs all `after_run` commands, if ``before(_:caGenerations:refused:)`` was called. Failures do not change
  /// the results of the run.
  ///
  /// - Parameter failure: the failure as which the run ends; nil if it has succeeded.
  /// - Returns: what failed, one sentence each.
  func after(_ summary: Summary, _ traffic: SSHTraffic, failure: Failure?) async -> [String] {
    guard let hooks else { return [] }
    self.hooks = nil
    let json: String
    do {
      json = try interaction.json(of: summary, traffic)
    } catch {
      return ["the hooks after_run did not run: \(error)"]
    }
    let exit = ["DEPLOY_EXIT": String(failure?.kind.rawValue ?? 0)]
    var warnings: [String] = []
    for words in hooks.afterRun {
      switch await ending(of: words, "after_run", json, exit, hooks.timeout) {
      case .succeeded: continue
      case .failed(let why): warnings.append("the hook after_run \(name(of: words)) \(why)")
      case .interrupted:
        warnings.append(
          "the hook after_run \(name(of: words)) was interrupted; the hooks after it did not run")
        return warnings
      }
    }
    return warnings
  }

  private func ending(
    of words: [String], _ hook: String, _ json: String, _ more: [String: String],
    _ timeout: Int64
  ) async -> HookEnding {
    let environment = ["DEPLOY_FLEET": fleet, "DEPLOY_RUN": run.text].merging(more) { $1 }
    return await interaction.untilStopped("stopping the hook") { [processes, interaction] in
      await processes.run(
        words, environment: environment, input: json, withinSeconds: timeout,
        say: { interaction.inform("\(hook): \($0)") })
    } abandon: {
      RunningCommands.ofProgram.killAll()
    }
  }

  private nonisolated func name(of words: [String]) -> String {
    "\"\(words.joined(separator: " "))\""
  }
}
