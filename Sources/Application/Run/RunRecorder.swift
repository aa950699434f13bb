import Execution
import Fleet
import Inventories
import Planning
import State
import StateStores

/// Records one run in the history. A history that cannot be written does not stop the run: one warning says so.
actor RunRecorder {
  nonisolated let id: RunID
  private let workspace: Workspace
  private let interaction: any Interaction
  /// Nil if no service of systemd runs this.
  private let journal: RunJournal?
  private var hasBegun = false
  private var hasFailed = false
  private var summary: Summary?

  /// - Parameters:
  ///   - workspace: without an origin, nothing is recorded.
  ///   - journal: of the service that runs this; nil if no service does.
  init(
    _ workspace: Workspace, _ interaction: any Interaction, journal: SystemJournal? = .ofService
  ) {
    self.workspace = workspace
    self.interaction = interaction
    var generator = SystemRandomNumberGenerator()
    let id = RunID(at: .current, using: &generator)
    self.id = id
    self.journal = journal.map {
      RunJournal($0, fleet: workspace.inventory.fleet, run: id)
    }
  }

  /// Records that the run may change something from now on.
  func begin() async {
    guard !hasBegun, let origin = workspace.origin else { return }
    hasBegun = true
    journal?.began(origin.command)
    await write { [id, workspace] history in
      try await history.begin(origin.start(of: id, fleet: workspace.inventory.fleet.text))
    }
  }

  /// Records the plan that the user has approved, unless an earlier one of the run is recorded.
  ///
  /// - Parameter make: is called only if the run is recorded.
  func note(_ make: @Sendable () throws -> RunPlan) async {
    await begin()
    guard hasBegun else { return }
    await write { [id] history in try await history.plan(make(), of: id) }
  }

  /// Takes the results of the run, for its end.
  func note(_ summary: Summary) { self.summary = summary }

  /// Records the end of the run. The history has no run that failed before it began, but the journal says why it did.
  ///
  /// - Parameter error: the error with which it failed.
  func end(_ error: (any Error)? = nil) async {
    let failure = error.map { Failure($0) } ?? summary?.failure
    guard hasBegun || failure != nil else { return }
    let summary = summary ?? Summary()
    let end = RunEnd(
      endedAt: .current, exit: failure?.kind.rawValue ?? 0,
      results: summary.results.sorted { $0.key < $1.key }.map {
        RunResult(host: $0.key, result: $0.value.name, detail: $0.value.detail)
      },
      certificates: summary.orders.sorted { $0.key < $1.key }.map {
        RunCertificate(site: $0.key, isSuccess: $0.value.isSuccess, detail: $0.value.detail)
      },
      failure: failure?.message ?? summary.stopped, warnings: summary.warnings)
    journal?.ended(end)
    guard hasBegun else { return }
    await write { [id] history in try await history.end(id, end) }
  }

  private func write(_ body: @Sendable (any RunHistory) async throws -> Void) async {
    guard !hasFailed else { return }
    do {
      try await body(workspace.history)
    } catch {
      hasFailed = true
      interaction.warn(
        "this run is not recorded in the history, and continues: \(Failure(error).text)")
    }
  }
}

extension Workspace {
  /// The history of the fleet's runs.
  package var history: any RunHistory { StoredRunHistory(log: store.historyLog) }

  /// Records a run without a plan while the body runs, which changes the CA's folder or the state. The state is
  /// locked meanwhile.
  func whileRecorded<Output>(
    for command: String, _ interaction: any Interaction, _ body: () async throws -> Output
  ) async throws -> Output {
    let recorder = RunRecorder(self, interaction)
    let output: Output
    do {
      output = try await whileLocked(for: command) {
        await recorder.begin()
        return try await body()
      }
    } catch {
      await recorder.end(error)
      throw error
    }
    await recorder.end()
    return output
  }
}
