internal import COpenSSL

/// The revocation lists in a file of another program: PEM, one after another, or one in DER form, as
/// CAs publish them (RFC 5280, 4.2.1.13).
package struct ForeignRevocationLists: Sendable {
  /// How errors name the file, such as its path.
  package let name: String
  /// Each encoded again, without the text around it; at least one.
  private let pems: [String]

  package init(_ bytes: [UInt8], named name: String) throws(CertificateError) {
    let operation = Operation("read", name)
    self.name = name
    let text = String(decoding: bytes, as: UTF8.self)
    let blocks = text.utf8.split(separator: UInt8(ascii: "\n")).count {
      $0.starts(with: "-----BEGIN X509 CRL-----".utf8)
    }
    guard blocks > 0 else {
      pems = [try Self.pem(ofDER: bytes, operation)]
      return
    }
    let buffer = try MemoryBuffer.copying(text, for: operation)
    var pems: [String] = []
    for number in 1...blocks {
      let list = try operation.require(
        PEM_read_bio_X509_CRL(buffer.pointer, nil, { _, _, _, _ in -1 }, nil),
        .damagedRevocationList,
        "block \(number) of \(blocks) is not a revocation list, or it is damaged")
      defer { X509_CRL_free(list) }
      pems.append(try Self.pem(of: list, operation))
    }
    self.pems = pems
  }

  /// The newest list that a CA has signed; nil if there is none.
  ///
  /// - Parameter caPEM: the CA's own certificate is the first.
  package func list(signedBy caPEM: String) -> RevocationList? {
    pems.compactMap {
      try? RevocationList(pem: $0, signedBy: caPEM, named: name, isForeign: true)
    }.max { $0.thisUpdate < $1.thisUpdate }
  }

  private static func pem(
    ofDER bytes: [UInt8], _ operation: Operation
  ) throws(CertificateError) -> String {
    let list = bytes.withUnsafeBufferPointer { buffer in
      var start = buffer.baseAddress
      return d2i_X509_CRL(nil, &start, buffer.count)
    }
    let found = try operation.require(
      list, .damagedRevocationList, "it is not a revocation list (CRL) in PEM or DER form")
    defer { X509_CRL_free(found) }
    return try pem(of: found, operation)
  }

  private static func pem(
    of list: OpaquePointer, _ operation: Operation
  ) throws(CertificateError) -> String {
    let buffer = try MemoryBuffer.empty(for: operation)
    try operation.require(PEM_write_bio_X509_CRL(buffer.pointer, list) == 1)
    return buffer.text()
  }
}
