internal import COpenSSL

/// The CAs that visitors of a site are assumed to trust. Compared with them, a chain is complete or not.
package final class KnownRoots: Sendable {
  // Safe to share: it is complete before `init` ends, and OpenSSL locks what it adds while it looks
  // for issuers in folders (X509_STORE_lock(3)).
  nonisolated(unsafe) let store: OpaquePointer

  private init(adopting store: OpaquePointer) { self.store = store }

  deinit { X509_STORE_free(store) }

  /// Exactly these CAs.
  package convenience init(_ bundle: CertificateBundle) throws(CertificateError) {
    let operation = Operation("collect", "the CAs")
    self.init(adopting: try operation.require(X509_STORE_new()))
    for ca in bundle.certificates {
      try operation.require(X509_STORE_add_cert(store, ca.pointer) == 1)
    }
  }

  /// The CAs that this system trusts, in the file and the folder of ``systemPlaces``.
  ///
  /// A folder is read when an issuer is looked for, and only as far as that needs.
  package static func ofSystem() throws(CertificateError) -> KnownRoots {
    let operation = Operation("read", "the CAs that the controller trusts")
    let roots = KnownRoots(adopting: try operation.require(X509_STORE_new()))
    try operation.require(X509_STORE_set_default_paths(roots.store) == 1)
    return roots
  }

  /// Where OpenSSL keeps the CAs that a system trusts, and the variables that name other places.
  package static var systemPlaces: (file: Place, folder: Place) {
    func text(_ pointer: UnsafePointer<CChar>?) -> String {
      pointer.map { String(cString: $0) } ?? ""
    }
    return (
      Place(
        variable: text(X509_get_default_cert_file_env()), path: text(X509_get_default_cert_file())),
      Place(
        variable: text(X509_get_default_cert_dir_env()), path: text(X509_get_default_cert_dir()))
    )
  }

  /// A path, unless an environment variable has another one.
  package struct Place: Hashable, Sendable {
    package let variable: String
    package let path: String
  }
}
