import Algorithms
import Fleet
import Planning

/// Messages for the reasons that a host reports when it refuses or rolls back.
enum RefusalText {
  /// The refusal of a step by a host.
  ///
  /// - Parameter lines: the output of the program that failed.
  static func refusal(_ refusal: HostRefusal, lines: [String], step: PlannedStep) -> Refusal {
    let said = explained(lines, step)
    func host(_ why: String) -> Refusal { Refusal(cause: .host, why: why) }
    func change(_ why: String) -> Refusal { Refusal(cause: .change, why: why) }
    switch refusal {
    case .locked(let run):
      return host(
        "the host is locked by another run\(run.map { " (\($0))" } ?? ""): wait until it finishes"
      )
    case .changed: return host("it has changed since the plan was made: plan again")
    case .noSpace: return host("there is not enough disk space for the release\(said)")
    case .staging: return host("the release could not be stored\(said)")
    case .damaged: return host("the release arrived damaged\(said)")
    case .port(let port, let holder):
      return host(portInUse(port, holder))
    case .notIncluded(let file):
      let files = file.prefix(through: file.lastIndex(of: "/") ?? file.startIndex) + "*.conf"
      return host(
        "its nginx.conf does not include \(files) in its http block: add"
          + " \"include \(files);\" there")
    case .nginx: return change("its nginx does not accept the configuration\(said)")
    case .firewall: return change("\(firewallProgram(step)) rejects the firewall\(said)")
    case .gone(let release): return host("it no longer has release \(release): plan again")
    case .abandoned: return host("the controller did not continue in time: run the command again")
    case .failed(let release):
      return host(
        "an earlier transaction was interrupted and \(named(release)) could not be restored\(said)")
    }
  }

  /// The program that validates the firewall of a release; unknown for a rollback.
  private static func firewallProgram(_ step: PlannedStep) -> String {
    step.installation?.firewallProgram.map { "its \($0)" } ?? "its firewall tool"
  }

  /// - Parameter holder: the program and its process, such as "nginx (pid 12)".
  private static func portInUse(_ port: Int, _ holder: String) -> String {
    let worker = "nginx (pid "
    guard holder.hasPrefix(worker), holder.hasSuffix(")") else {
      return "port \(port) is in use by \(holder). Stop it, or move the site to another port."
    }
    let process = holder.dropFirst(worker.count).dropLast()
    return "port \(port) is in use by an nginx worker without a master process (pid \(process))."
      + " Stop it with kill -QUIT \(process)."
  }

  /// - Parameter release: nil before the first one.
  private static func named(_ release: ReleaseNumber?) -> String {
    release.map { "release \($0)" } ?? "the configuration before deploy's first release"
  }

  /// Why a call of the host program did not start or did not finish.
  static func shellEnded(_ end: EarlyEnd, _ connection: HostAccess) -> String {
    if connection.usesSudo {
      if let why = programsRefusal(end.words, connection) { return why }
      if !end.hasBegun, let why = sudoRefusal(end.words, connection) { return why }
    }
    let words = end.words.isEmpty ? "it printed nothing" : end.words
    guard !end.hasBegun else { return "its shell ended early: \(words)" }
    return
      "the account \(connection.ssh.user) does not run commands sent to it: check its login shell,"
      + " sshd's ForceCommand, and command=\"…\" in its authorized_keys"
      + (end.words.isEmpty ? " (it printed nothing)" : ". It answered: \(words)")
  }

  /// The launcher begins in the shell that sudo runs; `head` is the first program whose error is seen.
  private static func programsRefusal(_ said: String, _ connection: HostAccess) -> String? {
    guard said.contains("head: Permission denied") else { return nil }
    let user = connection.ssh.user
    return
      "sudo lets \(user) run a shell on the host, but no programs from it (NOEXEC): allow them in"
      + " /etc/sudoers.d with\n    \(user) ALL=(root) NOPASSWD: EXEC: ALL\n  (\(said))"
  }

  private static func sudoRefusal(_ said: String, _ connection: HostAccess) -> String? {
    let user = connection.ssh.user
    if said.contains("sudo"), said.contains("not found") {
      return
        "sudo is not installed on the host: install it, or log in as root (ssh.user: root, no"
        + " ssh.become) (\(said))"
    }
    if said.contains("must have a tty") {
      return
        "sudo requires a terminal on the host (requiretty): disable that in /etc/sudoers.d with\n"
        + "    Defaults:\(user) !requiretty\n  (\(said))"
    }
    if said.contains("sudo:") || said.contains("is not allowed to execute") {
      return
        "sudo does not let \(user) become root without a password on the host: allow it in"
        + " /etc/sudoers.d with\n    \(user) ALL=(root) NOPASSWD: ALL\n  (\(said))"
    }
    return nil
  }

  static func reversion(_ why: Reversion, lines: [String], step: PlannedStep) -> String {
    let said = explained(lines, step)
    return switch why {
    case .reload: "nginx did not load the release\(said)"
    case .firewall: "the firewall could not be loaded\(said)"
    case .files: "the files of the release could not be installed\(said)"
    case .because(let words): words
    }
  }

  /// - Parameter previous: the release before, nil for none.
  static func failed(_ previous: ReleaseNumber?, lines: [String], step: PlannedStep) -> String {
    "neither the new release nor \(named(previous))"
      + " could be activated\(explained(lines, step))"
  }

  /// The output of a program without repeated lines: nginx reports five times that it cannot listen.
  private static func explained(_ lines: [String], _ step: PlannedStep) -> String {
    lines.isEmpty
      ? "" : ": " + lines.uniqued().map { located($0, step) }.joined(separator: "; ")
  }

  /// Adds the user's own file and line to a message that names a copy of it.
  static func located(_ line: String, _ step: PlannedStep) -> String {
    for file in step.files {
      guard let origin = file.origin else { continue }
      let folders = ["current"] + (step.goal.release.map { ["releases/\($0)"] } ?? [])
      for place in folders.map({ "/etc/deploy/\($0)/\(file.path)" }) {
        guard let found = line.range(of: place) else { continue }
        let number = line[found.upperBound...].dropFirst().prefix { $0.isNumber }
        let isLine = line[found.upperBound...].hasPrefix(":") && !number.isEmpty
        return
          "\(line) — that is \(origin.path)\(isLine ? ":\(number)" : ""), named at \(origin.place)"
      }
    }
    return line
  }
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? {
    guard !part.isEmpty else { return nil }
    return ranges(of: part).first
  }
}
