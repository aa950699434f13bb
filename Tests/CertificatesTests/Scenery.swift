import Certificates
import Testing

/// 15 January 2027, 08:00:00 UTC.
let noon: Int64 = 1_800_000_000
let day: Int64 = 86_400

extension Secret {
  convenience init(_ text: String) { self.init(copying: Array(text.utf8)) }

  var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

/// A CA for the tests, made once for each name.
struct TestCA {
  static let passphrase = Secret("correct horse battery staple")

  let files: CAFiles
  let ca: CertificateAuthority

  init(
    _ name: String, key: KeyAlgorithm = .ecdsaP256, validFor: Int64 = 3650 * day, now: Int64 = noon
  ) throws {
    files = try CertificateAuthority.create(
      CARequest(commonName: name, key: key, validFor: validFor),
      passphrase: Self.passphrase, now: now)
    ca = try CertificateAuthority.unlock(files, passphrase: Self.passphrase)
  }

  private static let results = (
    first: Result { try TestCA("Shop Center 1") },
    second: Result { try TestCA("Shop Center 2") }
  )

  static func first() throws -> TestCA { try results.first.get() }
  static func second() throws -> TestCA { try results.second.get() }

  func leaf(
    _ role: CertificateRole = .server, names: [String] = ["app-1.shop.example"],
    key: KeyAlgorithm = .ecdsaP256, validFor: Int64 = 365 * day, now: Int64 = noon
  ) throws -> IssuedLeaf {
    try ca.issue(
      LeafRequest(
        role: role, commonName: "app-1", dnsNames: names, key: key, validFor: validFor),
      now: now)
  }

  func bundle() throws -> CertificateBundle { try CertificateBundle(pem: files.certificatePEM) }
}

/// The code of the error that `body` throws; records a failure where it throws none.
func errorCode(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> CertificateError.Code? {
  error(body, location)?.code
}

func error(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> CertificateError? {
  #expect(throws: CertificateError.self, sourceLocation: location) { try body() }
}
