/// The scripts that run on hosts, as commands for their shells.
enum RemoteScript {
  static func survey() -> String {
    command(PackageResources.host_sh + PackageResources.survey_sh, [])
  }

  static func transaction(_ arguments: [String]) -> String {
    command(PackageResources.host_sh + PackageResources.transaction_sh, arguments)
  }

  /// The user's own shell may be any: it sees one word after another, each quoted.
  private static func command(_ script: [UInt8], _ arguments: [String]) -> String {
    (["exec", "/bin/sh", "-c"]
      + ([String(decoding: script, as: UTF8.self), "deploy"] + arguments)
      .map(quoted)).joined(separator: " ")
  }

  /// The only place where a word is made safe for a shell.
  static func quoted(_ word: String) -> String {
    // By scalars: an apostrophe under an accent is one character, but for a shell the word ends there.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
