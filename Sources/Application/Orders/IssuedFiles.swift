import Certificates
import Fleet

/// A certificate that came from a server or a command, with its key, before it is kept.
struct IssuedFiles {
  /// PEM, leaf first.
  let chain: String
  let key: Secret
  /// Where it comes from, for messages.
  let from: String

  /// Checks it as certificates of users are checked.
  ///
  /// - Returns: when it expires.
  func check(for names: [String]) throws -> Timestamp {
    let files = try ServerFiles(
      certificatePEM: chain, named: from, keyPEM: key, keyNamed: "the key of \(from)")
    let problems = files.problems(names: names, at: Timestamp.current.secondsSince1970)
    guard problems.isEmpty else {
      throw Failure(.failed, problems.map(\.description).joined(separator: "; "))
    }
    return Timestamp(secondsSince1970: files.facts[0].notAfter)
  }
}
