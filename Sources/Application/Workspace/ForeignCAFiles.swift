import Diagnostics
import FoundationEssentials

/// The files of a CA to import, as the user names them or as they are in a known folder.
package struct ForeignCAFiles: Hashable, Sendable {
  package var certificate: String?
  package var key: String?
  /// Certificates among which the issuer of the CA is.
  package var chain: [String]
  package var revocationLists: [String]
  /// The key of the root, which signs an empty list if there is none.
  package var rootKey: String?

  package init(
    certificate: String? = nil, key: String? = nil, chain: [String] = [],
    revocationLists: [String] = [], rootKey: String? = nil
  ) {
    self.certificate = certificate
    self.key = key
    self.chain = chain
    self.revocationLists = revocationLists
    self.rootKey = rootKey
  }

  /// Adds the files of a folder to those that the user named, which come first.
  ///
  /// - Throws: `Failure` if the folder is none that is known.
  package func completed(from folder: String) throws -> ForeignCAFiles {
    guard let found = Self.layouts.lazy.compactMap({ $0.files(in: folder) }).first else {
      throw Failure(
        .failed,
        "\(folder) has the files of no known program: easy-rsa (pki/ca.crt and pki/private/ca.key), step"
          + " (certs/intermediate_ca.crt and secrets/intermediate_ca_key) or openssl ca (cacert.pem and"
          + " private/cakey.pem). Name the files with --certificate and --key")
    }
    return ForeignCAFiles(
      certificate: certificate ?? found.certificate, key: key ?? found.key,
      chain: chain + found.chain, revocationLists: revocationLists + found.revocationLists,
      rootKey: rootKey ?? (revocationLists.isEmpty ? found.rootKey : nil))
  }

  /// Where a program keeps the files of its CA, below its folder.
  private struct Layout {
    var certificate: String
    var key: String
    var chain: String?
    var list: String?
    var rootKey: String?

    /// Nil unless the folder has the certificate and its key.
    func files(in folder: String) -> ForeignCAFiles? {
      func present(_ name: String?) -> String? {
        guard let name else { return nil }
        let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
      }
      guard let certificate = present(certificate), let key = present(key) else { return nil }
      return ForeignCAFiles(
        certificate: certificate, key: key, chain: [present(chain)].compactMap(\.self),
        revocationLists: [present(list)].compactMap(\.self), rootKey: present(rootKey))
    }
  }

  private static let layouts = [
    Layout(certificate: "pki/ca.crt", key: "pki/private/ca.key", list: "pki/crl.pem"),
    Layout(certificate: "ca.crt", key: "private/ca.key", list: "crl.pem"),
    Layout(
      certificate: "certs/intermediate_ca.crt", key: "secrets/intermediate_ca_key",
      chain: "certs/root_ca.crt", rootKey: "secrets/root_ca_key"),
    Layout(certificate: "cacert.pem", key: "private/cakey.pem", list: "crl.pem"),
  ]
}
