import Diagnostics


/// One call of the host program. The command is one short line that every login shell can run; it reads
/// the *launcher*, which contains the arguments, from standard input. The launcher runs the program that
/// the host has stored if its digest matches; otherwise it requests the program and runs it from memory.
/// Only a transaction writes it to disk: a survey does not change the host.
struct HostCall {
  let command: HostCommand
  let program: HostProgram

  /// The command that reads the launcher and runs it as root. It must mean the same in sh, csh, tcsh and
  /// fish: no newline, `!`, backslash, or apostrophe within the quoted word. The login shell passes it one
  /// variable of sshd, which `sudo` would drop.
  ///
  /// - Parameter size: the length of the launcher in bytes.
  func line(reading size: Int, becoming: Bool) -> String {
    let shell = becoming ? "exec sudo -n /bin/sh" : "exec /bin/sh"
    return
      "\(shell) -c 'p=$(head -c \(size)) && eval \"$p\"' deploy \(command.name) \"$SSH_CONNECTION\""
  }

  /// The launcher. It is one compound command, because a shell runs nothing of a truncated one.
  /// Start-up files may have printed an unfinished line, so the first message begins with a newline.
  ///
  /// The trailing period keeps the newlines at the end of the program, which `$()` would drop.
  var launcher: [UInt8] {
    let arguments = [command.name] + command.arguments.map { "\($0.name)=\($0.value)" }
    let words =
      arguments.map(ShellWord.quoted) + (command.takesConnection ? ["\"connection=$2\""] : [])
    return Array(
      """
      { set -- \(words.joined(separator: " "))
      printf '\\n@deploy begin\\n'
      unset program_text
      program_digest=\(program.digest)
      program_file=/etc/deploy/lib/$program_digest
      case $(sha256sum "$program_file" 2> /dev/null) in
        "$program_digest "*) exec /bin/sh "$program_file" "$@" ;;
      esac
      printf '@deploy missing\\n'
      program_text=$(head -c \(program.text.count); echo .)
      program_text=${program_text%.}
      [ ${#program_text} = \(program.text.count) ] && eval "$program_text"
      }

      """.utf8)
  }
}
