/// Something in a server's certificates that nginx or visitors refuse.
package struct ChainProblem: Hashable, Sendable, CustomStringConvertible {
  /// Who refuses the certificates.
  package enum Effect: Hashable, Sendable {
    /// nginx does not start with them, on Debian 12.
    case refusedByNginx
    /// nginx accepts them, but no visitor's program does: expired, for other names, not for servers.
    case refusedByAll
    /// nginx accepts them; some visitors' programs do not.
    case refusedByVisitors
    /// The chain ends below a CA that visitors are not assumed to know, and its certificate is missing.
    case incomplete
    /// The chain is complete, but visitors are not assumed to know its root.
    case unknownRoot
  }

  package let effect: Effect
  /// What is wrong, why that matters and what to do, as a sentence about the file or the server.
  package let description: String

  init(_ effect: Effect, _ description: String) {
    self.effect = effect
    self.description = description
  }

  /// Whether visitors who trust the CA, although browsers do not know it, are not concerned.
  package var isAboutTrust: Bool {
    switch effect {
    case .incomplete, .unknownRoot: true
    case .refusedByNginx, .refusedByAll, .refusedByVisitors: false
    }
  }
}

extension ChainProblem {
  /// Names in a message; only the first of very many.
  static func list(_ names: [String]) -> String {
    let most = 8
    let rest = names.count - most
    return names.prefix(most).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  /// A certificate of a chain as messages name it, counted from 1.
  static func certificate(_ index: Int, _ facts: CertificateFacts) -> String {
    "certificate \(index + 1)" + (facts.commonName.isEmpty ? "" : " (\"\(facts.commonName)\")")
  }

  static let goodKeys = "ecdsa-p256, or RSA with 2048 bits or more"

  /// - Parameter instead: what else can be done, with "or" behind it.
  static func privateRemedy(_ instead: String) -> String {
    "If visitors trust this private CA, \(instead)set \"private: true\" in the site's \"certificate\""
  }
}
