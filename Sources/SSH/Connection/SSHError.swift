/// What went wrong with one host, during which activity, and what to do about it.
package struct SSHError: Error, Hashable, CustomStringConvertible {
  /// The kind of an SSH failure; code branches on it and not on the message.
  package enum Code: Hashable, Sendable, CaseIterable {
    /// The address is not a numeric IPv4 or IPv6 address.
    case invalidAddress
    /// Nothing listens on the port: the host answered with a refusal.
    case refused
    /// No route, or no answer as long as the kernel waits for one.
    case unreachable
    /// A deadline passed; the activity says which.
    case timedOut
    case knownHostsUnreadable
    case hostKeyUnknown
    case hostKeyChanged
    case hostKeyRevoked
    case noSharedAlgorithm
    case handshakeFailed
    /// The controller has nothing to log in with; no connection was made, and the detail names no host.
    case noCredentials
    case authenticationFailed
    /// The server did not open a channel or start the command.
    case channelRefused
    /// The host could not connect to the target of a stream.
    case streamRefused
    /// Its sshd does not allow forwarding at all, or not to this target.
    case forwardingProhibited
    /// The command ended before it had read its input.
    case inputRefused
    /// The command wrote more output than the limit.
    case tooMuchOutput
    case connectionLost
    /// `close()` was called earlier.
    case closed
    case cancelled
    /// The system or libssh2 is out of a resource.
    case resourceMissing
  }

  package var code: Code
  /// The host that it concerns, or a file or library of the controller.
  package var subject: Subject
  /// What was being done: "authenticating", "reading output".
  package var activity: String
  /// Why it failed and what to do.
  package var detail: String
  /// The error text of libssh2, if it has one.
  package var library: String?

  package init(
    _ code: Code, subject: Subject, activity: String, detail: String, library: String? = nil
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

  /// The message without the host's name and address, for a place that names the host. An error of another host,
  /// such as a jump host, keeps its name.
  package func description(besides host: String) -> String {
    guard subject.name == host, let place = subject.place else { return description }
    var error = self
    error.subject = Subject("port \(place.port)", through: subject.jumps)
    return error.description
  }

  /// What an error concerns: a host as the user calls it, and where it is.
  package struct Subject: Hashable, Sendable, CustomStringConvertible {
    /// Where a host listens.
    package struct Place: Hashable, Sendable {
      package var address: String
      package var port: UInt16
    }

    package var name: String
    /// Nil for what is not a host.
    package var place: Place?
    /// The names of the jump hosts, nearest first.
    package var jumps: [String]

    package init(_ name: String, at place: Place? = nil, through jumps: [String] = []) {
      (self.name, self.place, self.jumps) = (name, place, jumps)
    }

    package var description: String {
      let name =
        switch place {
        case nil: name
        case let place? where place.address == name: "\(name) port \(place.port)"
        case let place?: "\(name) (\(place.address) port \(place.port))"
        }
      return jumps.isEmpty ? name : "\(name) through \(jumps.joined(separator: ", "))"
    }
  }
}
