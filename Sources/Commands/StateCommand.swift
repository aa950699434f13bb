import ArgumentParser
import Inventories
import Planning
import State

/// `deploy state`
struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Shows the state file, or recreates it from the fleet.",
    subcommands: [Show.self, Rebuild.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints the state as JSON.")

    @OptionGroup var options: FleetOptions
    @OptionGroup var hosts: HostOptions

    func run() async throws {
      try await reporting {
        try JSONText.print(try Session(options, hosts).readState())
      }
    }
  }

  struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Recreates a lost state from the manifests on the hosts.")

    @OptionGroup var options: FleetOptions
    @OptionGroup var hosts: HostOptions

    func run() async throws {
      try await reporting {
        let session = try Session(options, hosts)
        try await session.withState(for: "state rebuild") { keeper in
          let state = await keeper.state
          guard state.serial == 0 else {
            throw Failure(
              .failed,
              "\(session.workspace.statePath) exists: move it away first if it is to be made anew")
          }
          let survey = try await session.withFleet { try await session.survey($0, state) }
          var rebuilt = try StateRebuild.state(
            like: state, survey: survey, hosts: session.workspace.inventory.hosts)
          // No host knows of them.
          rebuilt.revocations = try session.workspace.authorityFolder.recordedRevocations()
          try await keeper.save(rebuilt)
          Console.output(
            "Rebuilt \(session.workspace.statePath): \(rebuilt.hosts.count) of"
              + " \(session.workspace.inventory.hosts.count) hosts carry a release.")
        }
      }
    }
  }
}
