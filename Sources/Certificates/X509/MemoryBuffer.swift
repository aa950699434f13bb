internal import COpenSSL

/// OpenSSL's growing buffer in memory; wiped when freed.
struct MemoryBuffer: ~Copyable {
  let pointer: OpaquePointer

  private init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { BIO_free(pointer) }

  static func empty(for operation: Operation) throws(CertificateError) -> MemoryBuffer {
    MemoryBuffer(adopting: try operation.require(BIO_new(BIO_s_mem())))
  }

  static func copying(
    _ text: String, for operation: Operation
  ) throws(CertificateError) -> MemoryBuffer {
    let buffer = try empty(for: operation)
    var text = text
    let isWritten = text.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
    try operation.require(isWritten)
    return buffer
  }

  static func copying(
    _ secret: Secret, for operation: Operation
  ) throws(CertificateError) -> MemoryBuffer {
    let buffer = try empty(for: operation)
    try operation.require(secret.withUnsafeBytes { buffer.append($0) })
    return buffer
  }

  static func copying(
    _ bytes: [UInt8], for operation: Operation
  ) throws(CertificateError) -> MemoryBuffer {
    let buffer = try empty(for: operation)
    try operation.require(bytes.withUnsafeBytes { buffer.append($0) })
    return buffer
  }

  private borrowing func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var written = 0
    return bytes.isEmpty || BIO_write_ex(pointer, bytes.baseAddress, bytes.count, &written) == 1
  }

  /// The written bytes that are not yet read.
  borrowing func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var start: UnsafePointer<CChar>?
    let count = COpenSSL_BIO_get_mem_data(pointer, &start)
    return body(UnsafeRawBufferPointer(start: start, count: count))
  }

  borrowing func text() -> String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

  borrowing func secret() -> Secret { withUnsafeBytes { Secret(copying: $0) } }
}
