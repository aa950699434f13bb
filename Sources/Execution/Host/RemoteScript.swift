/// A script that runs on hosts. Its command is one short line that every login shell passes on; its text
/// and its arguments come on standard input.
package struct RemoteScript: Sendable {
  static let survey = RemoteScript(
    "survey", PackageResources.surroundings_sh + PackageResources.survey_sh)
  static let manifest = RemoteScript("manifest", PackageResources.manifest_sh)
  static let transaction = RemoteScript(
    "transaction", PackageResources.force_sh + PackageResources.transaction_sh)
  static let confirmation = RemoteScript(
    "confirm", PackageResources.force_sh + PackageResources.confirm_sh)

  /// What a host keeps to undo a transaction by itself.
  static let undo =
    PackageResources.host_sh + PackageResources.force_sh + PackageResources.undo_sh

  /// The first message of every script: what comes before it is the login shell's.
  static let beginning = "@deploy begin"

  /// What the host's own logs call it.
  let name: String
  private let text: String

  private init(_ name: String, _ script: [UInt8]) {
    self.init(
      name: name, text: String(decoding: PackageResources.host_sh + script, as: UTF8.self))
  }

  init(name: String, text: String) {
    self.name = name
    self.text = Self.withoutComments(text)
  }

  /// A third of a script is for those who read it here.
  static func withoutComments(_ script: String) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
      .joined(separator: "\n")
  }

  /// The command that reads the script from standard input and runs it as root. It has to mean the same to
  /// sh, csh, tcsh and fish: no newline, `!`, backslash, or apostrophe within the quoted word. The login
  /// shell gives it one variable of sshd's, which `sudo` would drop.
  ///
  /// - Parameter size: bytes of the program.
  func command(reading size: Int, becoming: Bool) -> String {
    let shell = becoming ? "exec sudo -n /bin/sh" : "exec /bin/sh"
    return "\(shell) -c 'p=$(head -c \(size)) && eval \"$p\"' deploy \(name) \"$SSH_CONNECTION\""
  }

  /// What the command reads. It is one compound command, for a shell runs nothing of one that is cut off.
  /// Start-up files may have left a line without its end, so the first message begins with a newline.
  func program(_ arguments: [String] = []) -> [UInt8] {
    let words = (["set", "--"] + arguments.map(Self.quoted) + ["\"$2\""]).joined(separator: " ")
    return Array("{ \(words)\nprintf '\\n\(Self.beginning)\\n'\n\(text)\n}\n".utf8)
  }

  /// The only place where a word is made safe for a shell.
  package static func quoted(_ word: String) -> String {
    // By scalars: an apostrophe under an accent is one character, but for a shell the word ends there.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
