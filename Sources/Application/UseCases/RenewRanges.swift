import Fleet
import Inventories
import State

/// Downloads the address ranges of content networks again when they are a week old, from where they came
/// (`deploy renew`).
struct RenewRanges {
  private static let daysUntilDue: Int64 = 7
  /// After this time, a list without changes is saved again, because plans warn about old lists.
  private static let daysUntilSaved: Int64 = 120

  private let workspace: Workspace
  private let interaction: any Interaction

  init(_ workspace: Workspace, _ interaction: any Interaction) {
    self.workspace = workspace
    self.interaction = interaction
  }

  /// Renews the lists that are due. One that cannot be downloaded, or that most likely is not the list, is a warning: the
  /// hosts keep the present ranges.
  func renew() async {
    for network in workspace.inventory.usedNetworks {
      let kept = workspace.inventory.published(network)
      guard let age = kept.publishedAt?.days(until: .current), age >= Self.daysUntilDue else {
        continue
      }
      guard !kept.sources.isEmpty else {
        interaction.warn(
          "the address ranges of \(network.rawValue) (\(kept.date)) were not downloaded by deploy, so a renewal cannot"
            + " update them: run \"deploy cdn update\" with their URLs once")
        continue
      }
      do {
        let result = try await UpdateRanges(workspace).update(
          network, from: kept.sources, anySize: false,
          keepingSameRanges: age < Self.daysUntilSaved)
        if result.new != result.old {
          interaction.inform(
            "\(result.path): \(result.added.count) new and \(result.removed.count) removed ranges of"
              + " \(network.rawValue)")
        }
      } catch {
        interaction.warn(
          "the address ranges of \(network.rawValue) were not updated: \(Failure(error).text). The hosts keep"
            + " the present ranges")
      }
    }
  }
}
