import ArgumentParser
import Foundation
import State
import StateFiles

/// `deploy authority`
struct AuthorityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authority", abstract: "Makes, shows and renews the private authority.",
    subcommands: [
      AuthorityCreateCommand.self, AuthorityShowCommand.self, AuthorityRenewCommand.self,
      AuthorityPassphraseCommand.self, AuthorityExportCommand.self,
    ])
}

extension Workspace {
  var authorityFolder: AuthorityFolder { AuthorityFolder(path: authorityPath) }

  /// Holds the lock of the state, under which the authority's files are changed too.
  func whileLocked<Result>(for command: String, _ body: () async throws -> Result) async throws
    -> Result
  {
    let lock = try StateLock.acquire(
      forState: statePath,
      as: LockHolder(who: Session.user, since: .current, what: command, processID: getpid()))
    let result = try await body()
    _ = consume lock
    return result
  }
}
