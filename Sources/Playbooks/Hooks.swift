package import Fleet

extension Playbook {
  /// Commands on the controller before and after a host changes, in the order in which they run.
  ///
  /// Each has the host and the release in its environment.
  package struct Hooks: Hashable, Sendable {
    /// A host goes on only when each of them has ended with status 0.
    package var beforeHost: [Command]
    /// Run when the host has its result, whatever it is; what fails is told and changes nothing.
    package var afterHost: [Command]
    /// What takes longer is ended and has failed.
    package var timeout: Period

    package static let usualTimeout = Period.seconds(60)

    package init(
      beforeHost: [Command] = [], afterHost: [Command] = [], timeout: Period = Self.usualTimeout
    ) {
      self.beforeHost = beforeHost
      self.afterHost = afterHost
      self.timeout = timeout
    }
  }

  /// A command as the exec and the shell form of a Dockerfile's `CMD` are told apart.
  package enum Command: Hashable, Sendable {
    /// A program and its arguments, which nothing interprets.
    case words([String])
    /// A line for `/bin/sh -c`.
    case shell(String)

    /// What is executed: a program and its arguments.
    package var words: [String] {
      switch self {
      case .words(let words): words
      case .shell(let line): ["/bin/sh", "-c", line]
      }
    }
  }
}
