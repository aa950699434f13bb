import Certificates
import Fleet

/// A certificate that came from a server or a command, with its key, before it is kept.
struct IssuedFiles {
  /// PEM, leaf first.
  let chain: String
  let key: Secret
  /// Where it comes from, for messages.
  let from: String

  /// Checks it as the files of users are checked that would replace others: nginx and visitors have to accept it;
  /// the issuer does not matter.
  ///
  /// - Returns: when it expires.
  func check(for names: [String]) throws -> Timestamp {
    let files = try ServerFiles(
      certificatePEM: chain, named: from, keyPEM: key, keyNamed: "the key of \(from)")
    let problems = files.problems(names: names, at: Timestamp.current.secondsSince1970)
      .filter { [.refusedByNginx, .refusedByAll].contains($0.effect) }
    guard problems.isEmpty else {
      throw Failure(.failed, problems.map(\.description).joined(separator: "; "))
    }
    return Timestamp(secondsSince1970: files.facts[0].notAfter)
  }
}
