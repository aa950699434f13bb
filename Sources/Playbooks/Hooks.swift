package import Fleet

extension Playbook {
  /// Commands on the controller before and after a run, and before and after a host changes, in the order in which
  /// they run.
  ///
  /// Those of a host get it and the release in their environment, those of a run the plan or the summary on
  /// standard input.
  package struct Hooks: Hashable, Sendable {
    /// The run continues only if each of them has ended with status 0.
    package var beforeRun: [Command]
    /// Run when the run has its results; a failure is reported and has no other effect.
    package var afterRun: [Command]
    /// A host is changed only if each of them has ended with status 0.
    package var beforeHost: [Command]
    /// Run when the host has its result, whichever it is; a failure is reported and has no other effect.
    package var afterHost: [Command]
    /// A command that takes longer is killed and counts as failed.
    package var timeout: Period

    package static let usualTimeout = Period.seconds(60)

    package init(
      beforeRun: [Command] = [], afterRun: [Command] = [], beforeHost: [Command] = [],
      afterHost: [Command] = [], timeout: Period = Self.usualTimeout
    ) {
      self.beforeRun = beforeRun
      self.afterRun = afterRun
      self.beforeHost = beforeHost
      self.afterHost = afterHost
      self.timeout = timeout
    }
  }

  /// A command in one of two forms, like the exec and the shell form of a Dockerfile's `CMD`.
  package enum Command: Hashable, Sendable {
    /// A program and its arguments, passed on unchanged.
    case words([String])
    /// A line for `/bin/sh -c`.
    case shell(String)

    /// The program to execute and its arguments.
    package var words: [String] {
      switch self {
      case .words(let words): words
      case .shell(let line): ["/bin/sh", "-c", line]
      }
    }
  }
}
