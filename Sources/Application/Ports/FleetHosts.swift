import Certificates
package import Execution
package import Fleet
package import Planning
package import State

/// Access to the hosts of a fleet. ``SSHFleetAccess`` is the implementation outside tests.
package protocol FleetAccess: Sendable {
  /// Prepares connections to the hosts, which ``FleetHosts/close()`` ends.
  ///
  /// - Parameter recognize: checks the signature of a manifest, given its text.
  func open(recognizing recognize: @escaping @Sendable (String) -> ShownManifest) -> any FleetHosts

  /// The SSH traffic so far.
  var traffic: SSHTraffic { get }
}

extension FleetAccess {
  /// Opens the hosts while the body runs.
  func whileOpen<Output>(
    recognizing recognize: @escaping @Sendable (String) -> ShownManifest,
    _ body: (any FleetHosts) async throws -> Output
  ) async throws -> Output {
    let hosts = open(recognizing: recognize)
    do {
      let output = try await body(hosts)
      await hosts.close()
      return output
    } catch {
      await hosts.close()
      throw error
    }
  }
}

/// The hosts of a fleet as use cases need them: they are surveyed, read and changed.
package protocol FleetHosts: Sendable {
  /// Surveys the hosts: what each has installed and serves.
  func survey(_ hosts: [(name: HostName, connection: HostAccess)]) async -> Survey

  /// Why no host could be contacted, if all failed with the same cause on the controller.
  func localCause(of survey: Survey) async -> String?

  /// The manifest of a release that a host still has; nil if the host does not have it.
  func manifest(
    of release: ReleaseNumber, on host: HostName, _ connection: HostAccess
  ) async throws -> ShownManifest?

  /// How many TCP connections peers have to ports of a host, and how many of its nginx workers are shutting down.
  func connections(
    to ports: Set<Port>, from peers: Set<IPAddress>, on host: HostName, _ connection: HostAccess
  ) async throws -> OpenConnections

  /// Carries a plan out. Returns when no host is in the middle of a change.
  func carryOut(_ plan: Plan, with means: RolloutMeans) async throws -> Summary

  /// Ends all connections.
  func close() async
}

/// What a rollout needs besides the hosts: state, CA and signers. ``ApprovalFlow`` prepares it.
package struct RolloutMeans: Sendable {
  /// The state that the run begins with.
  package let state: FleetState
  /// Records each host's result as soon as it is known.
  package let keeper: StateKeeper
  package let ca: CAAccess
  /// Issues certificates.
  let issuer: CASigner
  /// The decrypted keys of ordered certificates that the plan installs.
  let siteKeys: [DomainName: Secret]
  /// Signs manifests; nil in a run that installs nothing.
  let fleetKey: FleetSigningKey?
}
