internal import COpenSSL

/// OpenSSL's times, as seconds since 1970.
enum ASN1Time {
  static func seconds(
    of time: UnsafePointer<ASN1_TIME>?, for operation: Operation
  ) throws(CertificateError) -> Int64 {
    let epoch = try operation.require(ASN1_TIME_set(nil, 0))
    defer { ASN1_TIME_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    try operation.require(
      ASN1_TIME_diff(&days, &seconds, epoch, time) == 1, .damagedCertificate,
      "its period of validity is damaged")
    return Int64(days) * 86_400 + Int64(seconds)
  }

  /// Lends a time to `body`.
  static func with<Result>(
    _ seconds: Int64, for operation: Operation,
    _ body: (UnsafeMutablePointer<ASN1_TIME>) throws(CertificateError) -> Result
  ) throws(CertificateError) -> Result {
    let time = try operation.require(ASN1_TIME_set(nil, Int(seconds)))
    defer { ASN1_TIME_free(time) }
    return try body(time)
  }
}
