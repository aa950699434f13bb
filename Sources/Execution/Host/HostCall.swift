import Diagnostics

/// One call of the host program. The command is one short line that every login shell can run; it reads
/// the *launcher*, which contains the arguments, from standard input. The launcher runs the program that
/// the host has stored if its digest matches; otherwise it requests the program and runs it from memory.
/// Only a transaction writes it to disk: a survey does not change the host.
struct HostCall {
  /// The command that reads the launcher and runs it as root. It must mean the same in sh, csh, tcsh and
  /// fish: no newline, `!`, backslash, or apostrophe within the quoted word. The login shell passes it one
  /// variable of sshd, which `sudo` would drop.
  ///
  /// The shell itself reads the launcher: a program for that would cost the host as much as all other reading.
  static func line(for command: HostCommand, becoming: Bool) -> String {
    let shell = becoming ? "exec sudo -n /bin/sh" : "exec /bin/sh"
    return
      "\(shell) -c 'read -r p && eval \"$p\"' deploy \(command.name) \"$SSH_CONNECTION\""
  }

  let command: HostCommand
  let program: HostProgram

  /// The command and its arguments, quoted, in one line.
  ///
  /// - Parameter newline: what a shell expands to a newline.
  private func words(newline: String) -> [String] {
    let words = [command.name] + command.arguments.map { "\($0.name)=\($0.value)" }
    return words.map { ShellWord.quoted($0).replacing("\n", with: "'\"\(newline)\"'") }
  }

  /// The line that makes a program that has finished a call begin with this one.
  var nextLine: [UInt8] { Array((words(newline: "$nl").joined(separator: " ") + "\n").utf8) }

  /// The launcher, which is one line: a shell runs nothing of a truncated one.
  /// Start-up files may have printed an unfinished line, so the first message begins with a newline.
  ///
  /// The trailing period keeps the newlines at the end of the program, which `$()` would drop.
  var launcher: [UInt8] {
    // The separators of words are a space, a tab and a newline when a shell starts.
    let words = words(newline: "${IFS#??}") + (command.takesConnection ? ["\"connection=$2\""] : [])
    let statements = [
      "set -- \(words.joined(separator: " "))",
      "printf '\\n@deploy begin\\n'",
      "unset program_text",
      "program_digest=\(program.digest)",
      "program_file=/etc/deploy/lib/$program_digest",
      "case $(sha256sum \"$program_file\" 2> /dev/null) in"
        + " \"$program_digest \"*) exec /bin/sh \"$program_file\" \"$@\" ;; esac",
      "printf '@deploy missing\\n'",
      "program_text=$(head -c \(program.text.count); echo .)",
      "program_text=${program_text%.}",
      "[ ${#program_text} = \(program.text.count) ] && eval \"$program_text\"",
    ]
    return Array((statements.joined(separator: "; ") + "\n").utf8)
  }
}
