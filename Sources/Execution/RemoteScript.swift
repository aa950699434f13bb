/// The scripts that run on hosts, as commands for their shells.
enum RemoteScript {
  static let survey = command(PackageResources.survey_sh)

  private static let transaction = command(PackageResources.transaction_sh)

  static func transaction(_ arguments: [String]) -> String {
    ([transaction] + arguments.map(quoted)).joined(separator: " ")
  }

  /// The user's own shell may be any: it sees one word after another, each quoted.
  private static func command(_ script: [UInt8]) -> String {
    "exec /bin/sh -c "
      + quoted(String(decoding: PackageResources.host_sh + script, as: UTF8.self)) + " deploy"
  }

  /// The only place where a word is made safe for a shell.
  static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
