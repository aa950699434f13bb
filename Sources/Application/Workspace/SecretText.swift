/// Finds private keys in files that plans show: a mistake, or a pull request, could name one as a
/// snippet.
enum SecretText {
  /// The kind of secret in a text, for a message; nil if none was found.
  static func kind(in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      // PEM, OpenSSH, PGP and SSH2 (RFC 4716) write "BEGIN … PRIVATE KEY" between dashes.
      if line.contains("BEGIN "), line.contains("PRIVATE KEY") { return "a private key" }
      if line.hasPrefix("PuTTY-User-Key-File-") { return "a private key of PuTTY" }
      if line.contains("AGE-SECRET-KEY-") { return "a private key of age" }
    }
    return nil
  }
}
