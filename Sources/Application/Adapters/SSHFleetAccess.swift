import CAStore
import Certificates
import Execution
import Files
import Fleet
import Hashing
import Logging
import Planning
import Processes
import SSH
package import State
import Verification

/// Access to the hosts of a fleet by SSH: the implementation outside tests.
package struct SSHFleetAccess: FleetAccess {
  let workspace: Workspace
  let client: SSHClient
  let destinations: SSHDestinations
  private let parallel: Int
  private let interaction: any Interaction
  private let log: Logger

  init(
    _ workspace: Workspace, parallel: Int, _ interaction: any Interaction, log: Logger
  ) throws {
    self.workspace = workspace
    self.parallel = parallel
    self.interaction = interaction
    self.log = log
    client = try SSHClient(log: log)
    destinations = SSHDestinations(
      client: client, interaction, resolve: { workspace.resolve($0) })
  }

  var connector: SSHConnector { SSHConnector(client, destinations) }

  /// Prepares the connections; each is opened when it is first needed. Progress is shown to the
  /// user.
  package func open(
    recognizing recognize: @escaping @Sendable (String) -> ShownManifest
  ) -> any FleetHosts {
    let progress = RunProgress()
    let report: @Sendable (ProgressEvent) -> Void = { [interaction] event in
      progress.note(event)
      interaction.show(event)
    }
    return SSHFleetHosts(
      access: self,
      pool: HostPool(
        connector: connector, program: HostProgram(digest: { Digest.sha256(of: $0) }),
        recognize: recognize, log: log, report: report),
      parallel: parallel, interaction: interaction, progress: progress, report: report)
  }

  package var traffic: SSHTraffic {
    let counts = client.counts
    var traffic = SSHTraffic()
    traffic.connections = counts.connections
    traffic.executions = counts.executions
    traffic.bytesSent = Int(counts.bytesSent)
    traffic.bytesReceived = Int(counts.bytesReceived)
    return traffic
  }
}

/// The hosts of one run, with their open connections.
private struct SSHFleetHosts: FleetHosts {
  let access: SSHFleetAccess
  let pool: HostPool
  let parallel: Int
  let interaction: any Interaction
  let progress: RunProgress
  let report: @Sendable (ProgressEvent) -> Void

  func survey(_ hosts: [(name: HostName, connection: HostAccess)]) async -> Survey {
    await pool.survey(hosts, parallel: parallel)
  }

  func localCause(of survey: Survey) async -> String? { await pool.localCause(of: survey) }

  func manifest(
    of release: ReleaseNumber, on host: HostName, _ connection: HostAccess
  ) async throws -> ShownManifest? {
    try await pool.manifest(of: release, on: host, connection)
  }

  func connections(
    to ports: Set<Port>, from peers: Set<IPAddress>, on host: HostName, _ connection: HostAccess
  ) async throws -> OpenConnections {
    try await pool.connections(to: ports, from: peers, on: host, connection)
  }

  func close() async { await pool.close() }

  func carryOut(_ plan: Plan, with means: RolloutMeans) async throws -> Summary {
    let rollout = Rollout(
      of: plan, fromSerial: means.state.serial, pool: pool, issuer: means.issuer,
      signer: FleetSigner(key: means.fleetKey, keeper: means.keeper), store: means.keeper,
      hooks: HookProcesses(), verifier: try verifier(means), surroundings: surroundings(means),
      parallel: parallel, report: report)
    return await interaction.untilStopped("stopping after the hosts that are switching now") {
      await rollout.run(plan, state: means.state)
    } abandon: {
      RunningCommands.ofProgram.killAll()
      do {
        try interaction.show(progress.summarySoFar(of: plan), access.traffic)
      } catch {
        interaction.warn("could not show the summary: \(error)")
      }
    }
  }

  /// The verifier that tests edges after each batch.
  private func verifier(_ means: RolloutMeans) throws -> BatchVerifier {
    BatchVerifier(
      access.connector, access.workspace.inventory, keys: try means.ca.folder.listing().keys,
      parallel: parallel, now: { .current }, state: { await means.keeper.state },
      unlock: { try await means.ca.keyring.ca($0) })
  }

  /// The clock, files and user of the controller.
  private func surroundings(_ means: RolloutMeans) -> Surroundings {
    let workspace = access.workspace
    var surroundings = Surroundings(
      user: Workspace.user, now: { .current }, digest: { Digest.sha256(of: $0) },
      readSecret: { SecretContent(try FileReader.read(workspace.resolve($0), as: .certificate)) },
      sleep: { try await Task.sleep(for: .seconds($0)) })
    surroundings.orderedKey = { [keys = means.siteKeys] site in
      guard let key = keys[site] else {
        preconditionFailure("The key of \(site) was not unlocked. This is a bug in deploy.")
      }
      return key.withUnsafeBytes { SecretContent(Array($0)) }
    }
    return surroundings
  }
}
