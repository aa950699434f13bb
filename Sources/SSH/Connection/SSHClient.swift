internal import CLibSSH2
internal import Files
internal import Glibc
package import Logging
internal import Synchronization
internal import SystemPackage

/// Connects to any number of hosts from one thread.
///
/// The thread ends when the client and all its connections are gone.
package final class SSHClient: Sendable {
  /// libssh2_init(3) must run once, and is not thread-safe: a `static let` is both.
  private static let libraryStatus = libssh2_init(0)

  let loop: EventLoop
  let counters = Counters()
  let keyRing: KeyRing
  let knownHostsFiles = KnownHostsFiles()
  private let gateways = Gateways()
  /// Gets the steps of each connection; no secret, and texts of hosts only in a bounded form.
  let log: Logger

  /// Starts the client's thread.
  package init(
    log: Logger = Logger(label: "ssh") { _ in SwiftLogNoOpLogHandler() }
  ) throws(SSHError) {
    self.log = log
    guard Self.libraryStatus == 0 else {
      throw SSHError(
        .resourceMissing, subject: .init("libssh2"), activity: "starting",
        detail: "libssh2_init answered \(Self.libraryStatus)")
    }
    Self.allowManyDescriptors()
    // A program that ends before it has read its input must not end deploy: write(2) then returns EPIPE.
    signal(SIGPIPE, SIG_IGN)
    do {
      loop = try EventLoop.start()
      keyRing = KeyRing(loop: loop)
    } catch {
      throw SSHError(
        .resourceMissing, subject: .init("SSH"), activity: "starting the event loop",
        detail: error.description)
    }
  }

  deinit { loop.stop() }

  /// A shell starts its programs with 1024 descriptors, but allows more.
  private static func allowManyDescriptors() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // If the limit cannot be raised, an error is reported when descriptors run out.
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Connections that are being opened.
  var dialing: Int { counters.dialing.load(ordering: .relaxed) }

  /// What this client has done so far, over all connections.
  package var counts: Counts { counters.snapshot }

  /// Connects, checks the host's key and logs in. Nothing is retried.
  package func connect(
    to destination: Destination, deadlines: Deadlines = Deadlines()
  ) async throws(SSHError) -> Connection {
    if let refusal = gateways.refusal(of: destination), destination.isJump { throw refusal }
    let connection = Connection(client: self, destination: destination, deadlines: deadlines)
    counters.dialing.add(1, ordering: .relaxed)
    defer { counters.dialing.subtract(1, ordering: .relaxed) }
    do {
      try await connection.establish()
    } catch {
      if destination.isJump { gateways.note(error, of: destination) }
      throw error
    }
    return connection
  }

  /// The key of a host that is not known yet, without logging in; nil if the host is known.
  ///
  /// - Throws: what `connect` throws about the host's key, and if the host cannot be reached.
  package func newHostKey(
    of destination: Destination, deadlines: Deadlines = Deadlines()
  ) async throws(SSHError) -> NewHostKey? {
    let connection = Connection(client: self, destination: destination, deadlines: deadlines)
    return try await connection.newHostKey()
  }

  /// Records hosts as known, each in its file, and forgets earlier refusals.
  package func trust(_ keys: [NewHostKey]) throws(SSHError) {
    for (file, keys) in Dictionary(grouping: keys, by: \.file).sorted(by: { $0.key < $1.key }) {
      do {
        try knownHostsFiles.record(keys, in: file)
      } catch {
        throw SSHError(
          .knownHostsUnreadable, subject: .init(file), activity: "recording host keys",
          detail: error.description)
      }
    }
    gateways.forgetRefusals()
  }

  /// The gateway through a host to the addresses behind it, shared by all who ask for the same host.
  package func gateway(
    through destination: Destination, deadlines: Deadlines = Deadlines()
  ) -> Gateway {
    gateways.gateway(to: destination) {
      Gateway(client: self, to: destination, deadlines: deadlines)
    }
  }
}
