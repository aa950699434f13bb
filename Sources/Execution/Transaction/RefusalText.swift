import Algorithms
import Fleet
import Planning

/// What a host says when it refuses or goes back, in words for the user.
enum RefusalText {
  /// - Parameter lines: of the program that failed.
  static func refusal(_ refusal: HostRefusal, lines: [String], step: PlannedStep) -> Refusal {
    let said = explained(lines, step)
    func host(_ why: String) -> Refusal { Refusal(cause: .host, why: why) }
    func change(_ why: String) -> Refusal { Refusal(cause: .change, why: why) }
    switch refusal {
    case .locked(let run):
      return host(
        "another run holds its lock\(run.isEmpty ? "" : " (\(run))"): wait for it to end")
    case .changed(let fingerprint):
      return host(
        "it has changed since the plan was made (it is at \(fingerprint)): plan again")
    case .noSpace, .staging:
      return host("the release could not be stored there\(said)")
    case .damaged: return host("the release arrived damaged\(said)")
    case .port(let port, let holder):
      return host(
        "port \(port) is held by \(holder)"
          + (holder.hasPrefix("nginx (")
            ? ", which is not of the nginx that runs there: a worker whose master is gone ends with kill -QUIT"
            : "") + ": stop it or choose another port")
    case .notIncluded(let file):
      let files = file.prefix(through: file.lastIndex(of: "/") ?? file.startIndex) + "*.conf"
      return host(
        "its nginx.conf does not include \(files) in its http block: add"
          + " \"include \(files);\" there")
    case .nginx: return change("its nginx does not accept the configuration\(said)")
    case .firewall: return change("\(firewallProgram(step)) does not accept the firewall\(said)")
    case .gone(let release): return host("release \(release) is not there any more")
    case .abandoned: return host("the controller did not go on in time")
    case .failed(let release):
      return host(
        "an earlier transaction was cut off and release \(release) could not be put back\(said)")
    }
  }

  /// The program that tests the firewall of a release. A rollback does not know the files of its release.
  private static func firewallProgram(_ step: PlannedStep) -> String {
    step.installation?.firewallProgram.map { "its \($0)" } ?? "it"
  }

  /// Why a call of the host program did not even begin, or not come to its end.
  static func shellEnded(_ end: EarlyEnd, _ connection: HostAccess) -> String {
    if connection.usesSudo, !end.hasBegun, let why = sudoRefusal(end.words, connection) {
      return why
    }
    let words = end.words.isEmpty ? "it said nothing" : end.words
    guard !end.hasBegun else { return "its shell ended early: \(words)" }
    return
      "the account \(connection.ssh.user) does not run the command that it is sent: see its login"
      + " shell, sshd's ForceCommand, and command=\"…\" in its authorized_keys"
      + (end.words.isEmpty ? " (it said nothing)" : ". It answered: \(words)")
  }

  private static func sudoRefusal(_ said: String, _ connection: HostAccess) -> String? {
    let user = connection.ssh.user
    if said.contains("sudo"), said.contains("not found") {
      return
        "sudo is not installed there: install it, or log in as root with ssh.user and without"
        + " ssh.become (\(said))"
    }
    if said.contains("must have a tty") {
      return
        "sudo asks for a terminal there (requiretty): allow it without in /etc/sudoers.d with\n"
        + "    Defaults:\(user) !requiretty\n  (\(said))"
    }
    if said.contains("head: Permission denied") {
      return
        "sudo lets \(user) run a shell there, and the shell no other program (NOEXEC): allow it in"
        + " /etc/sudoers.d with\n    \(user) ALL=(root) NOPASSWD: EXEC: ALL\n  (\(said))"
    }
    if said.contains("sudo:") || said.contains("is not allowed to execute") {
      return
        "sudo does not let \(user) become root without a password there: allow it in"
        + " /etc/sudoers.d with\n    \(user) ALL=(root) NOPASSWD: ALL\n  (\(said))"
    }
    return nil
  }

  static func reversion(_ why: Reversion, lines: [String], step: PlannedStep) -> String {
    let said = explained(lines, step)
    return switch why {
    case .reload: "nginx did not take the release\(said)"
    case .firewall: "the firewall could not be loaded\(said)"
    case .files: "the release could not be put in place\(said)"
    case .because(let words): words
    }
  }

  /// - Parameter previous: the release before, 0 for none.
  static func failed(_ previous: Int, lines: [String], step: PlannedStep) -> String {
    "neither the new release nor release \(previous)"
      + " could be put in force\(explained(lines, step))"
  }

  /// nginx says five times that it cannot listen.
  private static func explained(_ lines: [String], _ step: PlannedStep) -> String {
    lines.isEmpty
      ? "" : ": " + lines.uniqued().map { located($0, step) }.joined(separator: "; ")
  }

  /// Where a message names a file that is a copy of the user's, adds the user's own file and line.
  static func located(_ line: String, _ step: PlannedStep) -> String {
    for file in step.files {
      guard let origin = file.origin else { continue }
      for place in [
        "/etc/deploy/current/\(file.path)", "/etc/deploy/releases/\(step.goal.number)/\(file.path)",
      ] {
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
