internal import COpenSSL

/// The DNS names of a certificate or of a request for one (RFC 5280, 4.2.1.6).
///
/// Built as a structure and not from text, so that no name can be read as two.
struct AlternativeNames: ~Copyable {
  let pointer: OpaquePointer

  private init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { GENERAL_NAMES_free(pointer) }

  static func make(
    _ dnsNames: [String], for operation: Operation
  ) throws(CertificateError) -> AlternativeNames {
    let names = AlternativeNames(adopting: try operation.require(GENERAL_NAMES_new()))
    for dnsName in dnsNames { try names.add(dnsName, operation) }
    return names
  }

  private borrowing func add(
    _ dnsName: String, _ operation: Operation
  ) throws(CertificateError) {
    let text = try operation.require(ASN1_IA5STRING_new())
    guard ASN1_STRING_set(text, dnsName, Int32(dnsName.utf8.count)) == 1,
      let name = GENERAL_NAME_new()
    else {
      ASN1_IA5STRING_free(text)
      throw operation.failure(.libraryFailed, "OpenSSL refused")
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, text)
    guard COpenSSL_sk_GENERAL_NAME_push(pointer, name) > 0 else {
      GENERAL_NAME_free(name)
      throw operation.failure(.libraryFailed, "OpenSSL refused")
    }
  }
}
