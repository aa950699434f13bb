/// The scripts that run on hosts, as commands for their shells.
package enum RemoteScript {
  static let survey = script(PackageResources.surroundings_sh + PackageResources.survey_sh)
  static let manifest = script(PackageResources.manifest_sh)
  static let transaction = script(PackageResources.force_sh + PackageResources.transaction_sh)
  static let confirmation = script(PackageResources.force_sh + PackageResources.confirm_sh)

  /// What a host keeps to undo a transaction by itself.
  static let undo =
    PackageResources.host_sh + PackageResources.force_sh + PackageResources.undo_sh

  private static func script(_ script: [UInt8]) -> String {
    quoted(withoutComments(String(decoding: PackageResources.host_sh + script, as: UTF8.self)))
  }

  /// A third of a script is for those who read it here. A command has to fit into one packet of SSH (RFC
  /// 4254, 6.5), for which libssh2 has room for 35,000 bytes.
  static func withoutComments(_ script: String) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
      .joined(separator: "\n")
  }

  /// The command that runs a script as root. The user's own shell may be any: it sees one word after
  /// another, each quoted, and one variable of sshd's, which `sudo` would drop.
  static func command(_ script: String, _ arguments: [String] = [], becoming: Bool) -> String {
    let shell = becoming ? "exec sudo -n /bin/sh -c" : "exec /bin/sh -c"
    return ([shell, script, "deploy"] + arguments.map(quoted) + ["\"$SSH_CONNECTION\""])
      .joined(separator: " ")
  }

  /// The only place where a word is made safe for a shell.
  package static func quoted(_ word: String) -> String {
    // By scalars: an apostrophe under an accent is one character, but for a shell the word ends there.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
