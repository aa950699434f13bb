internal import CLibSSH2
internal import Logging
internal import SystemPackage

extension Connection {
  /// Logs a step of this connection.
  nonisolated func log(_ message: @autoclosure () -> Logger.Message) {
    client.log.debug(message(), metadata: ["host": "\(destination.label)"])
  }

  /// Turns the end of a wait into the matching error.
  func check(_ wakeup: Wakeup, _ activity: String, _ deadline: Deadline) throws(SSHError) {
    switch wakeup {
    case .ready: return
    case .timedOut:
      throw failure(.timedOut, activity, "no answer within \(deadline.limitText)")
    case .cancelled:
      throw failure(.cancelled, activity, "cancelled")
    }
  }

  /// An error of this connection, with the host that it belongs to.
  func failure(
    _ code: SSHError.Code, _ activity: String, _ detail: String, library: String? = nil
  ) -> SSHError {
    SSHError(
      code, subject: destination.subject, activity: activity, detail: detail, library: library)
  }

  /// Reads libssh2's error; must be called before any other call for the session.
  func failure(_ status: Int32, of session: Session, _ activity: String) -> SSHError {
    let words = session.lastError
    switch status {
    case LIBSSH2_ERROR_CHANNEL_FAILURE, LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
      return failure(
        .channelRefused, activity,
        "the server refused; see its MaxSessions, ForceCommand and PermitTTY", library: words)
    case LIBSSH2_ERROR_ALLOC:
      return failure(.resourceMissing, activity, "out of memory", library: words)
    default:
      let reason =
        switch session.transport.end {
        case .failed(let error): session.transport.streamFailure ?? error.description
        case .endlessGreeting: "the peer sent too much data before the login"
        case .closedByPeer: session.transport.streamFailure ?? "the server closed it"
        case nil: "the session broke with status \(status)"
        }
      return failure(
        .connectionLost, activity, "the connection was lost: \(reason)", library: words)
    }
  }
}
