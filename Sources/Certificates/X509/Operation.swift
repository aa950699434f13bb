internal import COpenSSL

/// An action on an object, for the errors of the C calls in it.
///
/// OpenSSL's error queue belongs to the thread, and other code uses OpenSSL too: an operation starts by
/// emptying the queue, so that the errors it finds are its own.
struct Operation {
  let action: String
  let object: String

  init(_ action: String, _ object: String) {
    self.action = action
    self.object = object
    ERR_clear_error()
  }

  /// The error, with everything that OpenSSL has queued on this thread.
  func failure(
    _ code: CertificateError.Code, _ reason: String,
    verification: CertificateError.Verification? = nil
  ) -> CertificateError {
    CertificateError(
      code: code, action: action, object: object, reason: reason, verification: verification,
      libraryMessages: Self.drainQueue())
  }

  func require(
    _ success: Bool, _ code: CertificateError.Code = .libraryFailed,
    _ reason: @autoclosure () -> String = "OpenSSL refused"
  ) throws(CertificateError) {
    guard success else { throw failure(code, reason()) }
  }

  func require<Handle>(
    _ handle: Handle?, _ code: CertificateError.Code = .libraryFailed,
    _ reason: @autoclosure () -> String = "OpenSSL refused"
  ) throws(CertificateError) -> Handle {
    guard let handle else { throw failure(code, reason()) }
    return handle
  }

  private static func drainQueue() -> [String] {
    var messages: [String] = []
    var details: UnsafePointer<CChar>?
    var flags: Int32 = 0
    while case let code = ERR_get_error_all(nil, nil, nil, &details, &flags), code != 0 {
      let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
        ERR_error_string_n(code, text.baseAddress, text.count)
        return text.baseAddress.map { String(cString: $0) } ?? ""
      }
      if flags & ERR_TXT_STRING != 0, let details, details.pointee != 0 {
        messages.append("\(message) (\(String(cString: details)))")
      } else {
        messages.append(message)
      }
    }
    return messages
  }
}
