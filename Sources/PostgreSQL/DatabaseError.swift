package import Diagnostics

/// Why a database did not do what it was asked, with what the server said.
package struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds that callers and messages treat differently.
  package enum Code: Hashable, Sendable {
    /// No server, wrong credentials, no such database, invalid connection string.
    case notConnected
    /// The connection ended, or the server is shutting down: trying again over a new one may work.
    case connectionLost
    /// No answer within the deadline; the connection is closed.
    case timedOut
    /// Another transaction stood in the way: the same may work now.
    case conflict
    /// SQLSTATE 25006: a standby, or a database that is set to read-only.
    case readOnly
    /// SQLSTATE class 53 and 58: the server has no space or memory left.
    case exhausted
    /// SQLSTATE 42501.
    case permissionDenied
    /// SQLSTATE 3F000, 42P01: there is no such schema or table.
    case undefinedTable
    /// Every other error, with its SQLSTATE.
    case refused(String)
  }

  package let code: Code
  /// What the server or libpq said, escaped.
  package let message: HostText

  package init(_ code: Code, _ message: some StringProtocol) {
    self.code = code
    // libpq repeats the address for each attempt, over several lines.
    let lines = message.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
    self.message = HostText(lines.joined(separator: "; "), limit: 400)
  }

  /// An error that the server reported (PostgreSQL manual, appendix A).
  init(state: String, _ message: String) {
    let code: Code =
      switch state {
      case "25006": .readOnly
      case "42501": .permissionDenied
      case "3F000", "42P01": .undefinedTable
      case "40001", "40P01", "55P03": .conflict
      case "57014": .timedOut
      case "57P01", "57P02", "57P03", "25P03": .connectionLost
      case _ where state.hasPrefix("53") || state.hasPrefix("58"): .exhausted
      case _ where state.hasPrefix("08"): .connectionLost
      default: .refused(state)
      }
    self.init(code, message.trimmingPrefix("ERROR:").trimmingPrefix("FATAL:"))
  }

  /// Whether the same may succeed over a new connection.
  package var isTransient: Bool {
    switch code {
    case .notConnected, .connectionLost, .timedOut, .conflict: true
    default: false
    }
  }

  package var description: String { message.text }
}
