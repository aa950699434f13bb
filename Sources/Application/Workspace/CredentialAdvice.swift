import Certificates
import Diagnostics

extension CredentialContent {
  /// What a file that the inventory names must contain: the certificates of a site or of a foreign
  /// CA, or a site's key.
  enum Use: String {
    case certificate = "a certificate"
    case key = "a private key"
  }

  /// What the file contains and how to convert it; nil if the file fits, or if its content is
  /// unknown.
  func advice(at path: String, as use: Use) -> String? {
    guard let what = name, !fits(use) else { return nil }
    let text = "\(path) is \(what), but \(use.rawValue) in PEM form is needed"
    let commands = commands(path, use)
    guard !commands.isEmpty else { return "\(text). \(otherwise(use))" }
    return "\(text). Convert it with:" + commands.map { "\n    \($0)" }.joined()
  }

  private func fits(_ use: Use) -> Bool {
    switch use {
    case .certificate: self == .certificates
    // Only the host gets this file, so a certificate next to the key does no harm.
    case .key: self == .key || self == .certificatesAndKey
    }
  }

  /// What the file contains, with its article; nil if that is unknown.
  private var name: String? {
    switch self {
    case .certificates: "a certificate"
    case .certificatesAndKey: "a certificate with its private key, which plans would show"
    case .key: "a private key"
    case .request: "a certificate request (CSR)"
    case .derRequest: "a certificate request (CSR) in DER form"
    case .pkcs7: "a PKCS#7 file in PEM form"
    case .derPKCS7: "a PKCS#7 file in DER form"
    case .derCertificate: "a certificate in DER form"
    case .derKey: "a private key in DER form"
    case .pkcs12: "a PKCS#12 file"
    case .publicKey: "a public key"
    case .revocationList: "a revocation list (CRL)"
    case .parameters: "parameters of a key or of Diffie-Hellman"
    case .webPage: "a web page (HTML)"
    case .empty: "empty"
    case .other: nil
    }
  }

  /// The openssl command that converts the file; empty if the file does not contain what is needed.
  private func commands(_ path: String, _ use: Use) -> [String] {
    let file = ShellWord.quoted(path)
    let certificate = ShellWord.quoted(path + ".crt")
    let key = ShellWord.quoted(path + ".key")
    return switch (self, use) {
    case (.certificatesAndKey, .certificate):
      // `openssl x509` would keep only the first certificate and lose the chain.
      [
        "openssl crl2pkcs7 -nocrl -certfile \(file) | openssl pkcs7 -print_certs -out \(certificate)"
      ]
    case (.derCertificate, .certificate):
      ["openssl x509 -inform DER -in \(file) -out \(ShellWord.quoted(path + ".pem"))"]
    case (.derKey, .key):
      ["openssl pkey -inform DER -in \(file) -out \(ShellWord.quoted(path + ".pem"))"]
    case (.pkcs7, .certificate):
      ["openssl pkcs7 -print_certs -in \(file) -out \(certificate)"]
    case (.derPKCS7, .certificate):
      ["openssl pkcs7 -inform DER -print_certs -in \(file) -out \(certificate)"]
    case (.pkcs12, .certificate): ["openssl pkcs12 -nokeys -in \(file) -out \(certificate)"]
    case (.pkcs12, .key): ["openssl pkcs12 -nocerts -nodes -in \(file) -out \(key)"]
    default: []
    }
  }

  /// What to name instead, if no command can make the file that is needed.
  private func otherwise(_ use: Use) -> String {
    switch (self, use) {
    case (.request, .certificate), (.derRequest, .certificate):
      "Name the certificate that the CA issued for it"
    case (_, .certificate): "Name the file of the certificate and its chain"
    case (_, .key): "Name the file of the certificate's key"
    }
  }
}
