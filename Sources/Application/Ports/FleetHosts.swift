import Certificates
package import Execution
package import Fleet
package import Planning
package import State

/// A way to the hosts of a fleet. ``SSHFleetAccess`` is the real one.
package protocol FleetAccess: Sendable {
  /// - Parameter recognize: checks the signature of a manifest.
  func open(recognizing recognize: @escaping @Sendable (String) -> ShownManifest) -> any FleetHosts

  /// What has gone over the wire so far.
  var traffic: SSHTraffic { get }
}

extension FleetAccess {
  /// Opens the hosts for as long as the body runs.
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

/// The hosts of a fleet, as use cases need them: asked, read from and changed.
package protocol FleetHosts: Sendable {
  /// Asks hosts what they are.
  func survey(_ hosts: [(name: HostName, connection: HostAccess)]) async -> Survey

  /// Why none of the hosts could be asked, if the cause is on the controller and the same for all.
  func localCause(of survey: Survey) async -> String?

  /// The manifest of a release that a host still has; nil if it has none.
  func manifest(
    of release: Int, on host: HostName, _ connection: HostAccess
  ) async throws -> ShownManifest?

  /// Carries a plan out; returns when no host is in the middle of a change.
  func carryOut(_ plan: Plan, with means: RolloutMeans) async throws -> Summary

  func close() async
}

/// What carrying a plan out needs beside the hosts.
package struct RolloutMeans: Sendable {
  /// The state that the run begins with.
  package let state: FleetState
  /// Where results are recorded as they come.
  package let keeper: StateKeeper
  package let ca: CAAccess
  /// Issues certificates.
  let issuer: CASigner
  /// Signs manifests; nil in a run that installs nothing.
  let fleetKey: FleetSigningKey?
}
