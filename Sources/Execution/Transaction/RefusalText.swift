import Diagnostics
import Fleet
import Planning

/// What a host's script says when it refuses or goes back, in words for the user.
enum RefusalText {
  /// The word and its detail are the script's; the lines are those of the program that failed.
  static func refusal(_ text: String, lines: [String], step: HostStep) -> Refusal {
    let text = HostText(text).text
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    let word = parts.first ?? ""
    let detail = parts.count == 2 ? parts[1] : ""
    let said = explained(lines, step)
    func host(_ why: String) -> Refusal { Refusal(cause: .host, why: why) }
    func change(_ why: String) -> Refusal { Refusal(cause: .change, why: why) }
    switch word {
    case "locked":
      return host(
        "another run holds its lock\(detail.isEmpty ? "" : " (\(detail))"): wait for it to end")
    case "changed":
      return host("it has changed since the plan was made (it is at \(detail)): plan again")
    case "no-space", "staging":
      return host("the release could not be stored there\(said)")
    case "damaged": return host("the release arrived damaged\(said)")
    case "port":
      let words = detail.split(separator: " ", maxSplits: 1)
      let holder = String(words.last ?? "another program")
      return host(
        "port \(words.first ?? "?") is held by \(holder)"
          + (holder.hasPrefix("nginx (")
            ? ", which is not of the nginx that runs there: a worker whose master is gone ends with kill -QUIT"
            : "") + ": stop it or choose another port")
    case "not-included":
      let files = detail.prefix(through: detail.lastIndex(of: "/") ?? detail.startIndex) + "*.conf"
      return host(
        "its nginx.conf does not include \(files) in its http block: add"
          + " \"include \(files);\" there")
    case "nginx": return change("its nginx does not accept the configuration\(said)")
    case "firewall": return change("\(firewallProgram(step)) does not accept the firewall\(said)")
    case "gone": return host("release \(detail) is not there any more")
    case "abandoned": return host("the controller did not go on in time")
    case "broken":
      return host(
        "an earlier transaction was cut off and release \(detail) could not be put back\(said)")
    default: return host("it said \"\(text)\", which is not known here. This is a bug in deploy.")
    }
  }

  /// The program that tests the firewall of a release. A rollback does not know the files of its release.
  private static func firewallProgram(_ step: HostStep) -> String {
    let names = step.files.map(\.path)
    if names.contains("firewall.nft") { return "its nft" }
    return names.contains("firewall.iptables") ? "its iptables" : "it"
  }

  /// Why a script did not even begin, or not come to its end.
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

  static func reversion(_ word: String, lines: [String], step: HostStep) -> String {
    let said = explained(lines, step)
    return switch word {
    case "reload": "nginx did not take the release\(said)"
    case "firewall": "the firewall could not be loaded\(said)"
    case "files": "the release could not be put in place\(said)"
    default: HostText(word).text
    }
  }

  static func broken(_ previous: String, lines: [String], step: HostStep) -> String {
    "neither the new release nor release \(HostText(previous, limit: 20))"
      + " could be put in force\(explained(lines, step))"
  }

  /// nginx says five times that it cannot listen.
  private static func explained(_ lines: [String], _ step: HostStep) -> String {
    var said: Set<String> = []
    let lines = lines.filter { said.insert($0).inserted }
    return lines.isEmpty ? "" : ": " + lines.map { located($0, step) }.joined(separator: "; ")
  }

  /// Where a message names a file that is a copy of the user's, adds the user's own file and line.
  static func located(_ line: String, _ step: HostStep) -> String {
    for file in step.files {
      guard let origin = file.origin else { continue }
      for place in [
        "/etc/deploy/current/\(file.path)", "/etc/deploy/releases/\(step.release)/\(file.path)",
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
