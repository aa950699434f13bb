/// One call of the host program. The command is one short line that every login shell passes on; it reads
/// the *launcher* from standard input, which has the arguments. The launcher runs the program that the host
/// keeps if it is the right one by its digest; otherwise it asks for it, and runs what it is sent from
/// memory. Only a transaction writes it to the disk: a survey changes nothing on a host.
struct HostCall {
  let command: HostCommand
  let program: HostProgram

  /// The command that reads the launcher and runs it as root. It has to mean the same to sh, csh, tcsh and
  /// fish: no newline, `!`, backslash, or apostrophe within the quoted word. The login shell gives it one
  /// variable of sshd's, which `sudo` would drop.
  ///
  /// - Parameter size: bytes of the launcher.
  func line(reading size: Int, becoming: Bool) -> String {
    let shell = becoming ? "exec sudo -n /bin/sh" : "exec /bin/sh"
    return
      "\(shell) -c 'p=$(head -c \(size)) && eval \"$p\"' deploy \(command.name) \"$SSH_CONNECTION\""
  }

  /// What the command reads. It is one compound command, for a shell runs nothing of one that is cut off.
  /// Start-up files may have left a line without its end, so the first message begins with a newline.
  ///
  /// The period keeps the newlines at the end of the program, which `$()` would drop.
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
