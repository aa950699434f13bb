package import Fleet
package import Planning
package import State

/// Opens connections to hosts.
package protocol Connector: Sendable {
  /// Opens a connection; throws an error whose description is for the user.
  func connect(to host: HostName, _ connection: HostAccess) async throws -> any RemoteHost
}

/// An error that knows whether a retry may succeed, as after a lost connection but not with a wrong key.
package protocol TransientFailure: Error {
  var isTransient: Bool { get }
}

/// An error of one host whose message can leave out the host's name, where that is shown beside it.
package protocol HostFailure: Error {
  /// The message for a place that names the host.
  func description(besides host: String) -> String
}

/// The message of an error, for a place that names the host.
func reason(of error: any Error, on host: HostName) -> String {
  (error as? any HostFailure)?.description(besides: host.text) ?? "\(error)"
}

/// An error whose cause is on the controller: if several hosts have the same one, it is reported once.
package protocol LocalFailure: Error {
  /// A message without a host's name; nil if the cause may be elsewhere.
  var localCause: String? { get }
}

/// A connection to a host on which commands can be run.
package protocol RemoteHost: Sendable {
  /// Starts a command for the host's shell, with its standard input open.
  func start(_ command: String) async throws -> any RemoteProcess
  func close() async
}

/// A command that runs on a host; every call throws if its time limit is exceeded.
package protocol RemoteProcess: Sendable {
  func write(_ bytes: [UInt8], within limit: Duration) async throws
  func closeInput(within limit: Duration) async throws
  /// Returns the next bytes of its standard output, nil at its end.
  func read(within limit: Duration) async throws -> [UInt8]?
  /// Waits for its end and returns the end of its standard error.
  func finish(within limit: Duration) async throws -> [UInt8]
}

/// Issues certificates, each with a new key.
package protocol CertificateIssuer: Sendable {
  /// Throws a `HostFault` if only this certificate cannot be signed.
  func issue(_ certificate: PlannedCertificate) async throws -> IssuedCertificate
}

/// An error that concerns one host only; a rollout refuses that host and changes the others.
package struct HostFault: Error, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

/// Signs manifests with the fleet's key.
package protocol ManifestSigner: Sendable {
  /// Adds the knowledge about the fleet and the signature.
  func signed(_ manifest: Manifest) async throws -> Manifest
}

/// A new certificate with its key, for one host.
package struct IssuedCertificate: Sendable {
  /// PEM.
  package var certificate: String
  /// PEM; a secret.
  package var key: SecretContent
  package var record: CertificateRecord

  package init(certificate: String, key: SecretContent, record: CertificateRecord) {
    self.certificate = certificate
    self.key = key
    self.record = record
  }
}

/// Bytes that are never printed.
package struct SecretContent: Sendable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { "«secret»" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Tests the edges of hosts that have just changed.
package protocol EdgeVerifier: Sendable {
  /// Tests the edges that one of the hosts is part of, according to the state.
  ///
  /// - Parameters:
  ///   - leaving: hosts whose edges end with this run: they are not tested.
  ///   - untried: hosts whose edges are not tested, with the reason as the end of a sentence that begins
  ///     with the host.
  func findings(
    touching hosts: Set<HostName>, leaving: Set<HostName>, untried: [HostName: String]
  ) async -> EdgeFindings
}

/// The result of testing edges after a batch, as lines for the user. `EdgeVerifier` returns it.
package struct EdgeFindings: Hashable, Sendable {
  /// One line for each edge that does not work.
  package var problems: [String]
  /// One line for each edge that could not be tested because one of its hosts cannot be reached; this does
  /// not count as a failure of the change.
  package var untried: [String]

  package init(problems: [String] = [], untried: [String] = []) {
    self.problems = problems
    self.untried = untried
  }
}

/// Records progress in the state.
package protocol StateStore: Sendable {
  /// Stops if another run may have reserved this run's hosts by now. Called before a host begins to change.
  func checkReservation() async throws
  /// Records the releases of hosts in one write; nil if `deploy` was removed.
  func record(_ records: [HostName: HostRecord?]) async throws
  /// Records signed certificates; they are sent to their hosts only after this returns.
  func record(issued: [IssuanceRecord]) async throws
  /// Records the digest of a manifest before it is sent to a host.
  ///
  /// - Parameter serial: the serial of the state that the manifest was made from.
  func expect(_ digest: String, fromSerial serial: Int, on host: HostName) async throws
  /// Notes which manifest is current, nil for none, so that earlier ones are not accepted again. It is
  /// written together with the next record.
  func settle(_ digest: String?, on host: HostName) async
}

extension StateStore {
  func record(_ record: HostRecord?, of host: HostName) async throws {
    try await self.record([host: record])
  }
}

/// Runs the playbook's commands on the controller.
package protocol HookRunner: Sendable {
  /// Runs a program with its arguments; stops it after a number of seconds, or if the task is cancelled.
  ///
  /// - Parameters:
  ///   - environment: additional environment variables.
  ///   - say: is called with each line that the program writes.
  func run(
    _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
    say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding
}

/// The result of a hook: a command of the playbook that ran on the controller.
package enum HookEnding: Hashable, Sendable {
  case succeeded
  /// The reason with the last output, as the end of a sentence that begins with the command.
  case failed(String)
  /// It was stopped or not started because the task was cancelled.
  case interrupted
}

/// The clock, user, digest and files of the controller, as values and functions.
package struct Surroundings: Sendable {
  /// User and machine, such as `ann@laptop`.
  package var user: String
  package var now: @Sendable () -> Timestamp
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable ([UInt8]) -> String
  /// Reads a secret file of the controller.
  package var readSecret: @Sendable (String) throws -> SecretContent
  /// The key of the certificate that was ordered for a site.
  package var orderedKey: @Sendable (DomainName) throws -> SecretContent = { site in
    preconditionFailure("There is no ordered key for \(site). This is a bug in deploy.")
  }
  package var sleep: @Sendable (_ seconds: Int64) async throws -> Void

  package init(
    user: String, now: @escaping @Sendable () -> Timestamp,
    digest: @escaping @Sendable ([UInt8]) -> String,
    readSecret: @escaping @Sendable (String) throws -> SecretContent,
    sleep: @escaping @Sendable (_ seconds: Int64) async throws -> Void
  ) {
    self.user = user
    self.now = now
    self.digest = digest
    self.readSecret = readSecret
    self.sleep = sleep
  }
}
