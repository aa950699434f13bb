/// What went wrong with one host, while doing what, and what to do about it.
package struct SSHError: Error, Hashable, CustomStringConvertible {
  package enum Code: Hashable, Sendable, CaseIterable {
    /// The address is no numeric IPv4 or IPv6 address.
    case invalidAddress
    /// Nothing listens there: the host answered, and said no.
    case refused
    /// No route, or no answer that the kernel would wait for.
    case unreachable
    /// A deadline passed; the activity says which.
    case timedOut
    case knownHostsUnreadable
    case hostKeyUnknown
    case hostKeyChanged
    case hostKeyRevoked
    case noSharedAlgorithm
    case handshakeFailed
    /// Nothing on this machine could log in: nothing was connected, and the detail names no host.
    case noCredentials
    case authenticationFailed
    /// The server opened no channel, or would not start the command.
    case channelRefused
    /// The host could not connect to where a stream should go.
    case streamRefused
    /// Its sshd connects to nowhere, or not there.
    case forwardingProhibited
    /// The command ended before it had read its input.
    case inputRefused
    /// The command said more than anybody would read.
    case tooMuchOutput
    case connectionLost
    /// `close()` was called before.
    case closed
    case cancelled
    /// The system or libssh2 could not give what was asked of it.
    case resourceMissing
  }

  package var code: Code
  /// The host as the user calls it, with its address and port.
  package var subject: String
  /// What was being done: "authenticating", "reading output".
  package var activity: String
  /// Why it failed and what to do.
  package var detail: String
  /// libssh2's own words, where it had any.
  package var library: String?

  package init(
    _ code: Code, subject: String, activity: String, detail: String, library: String? = nil
  ) {
    self.code = code
    self.subject = subject
    self.activity = activity
    self.detail = detail
    self.library = library
  }

  package var description: String {
    let words = library.map { " (libssh2: \($0))" } ?? ""
    return "\(subject): \(activity): \(detail)\(words)"
  }
}
