internal import COpenSSL

/// Secret bytes: a passphrase or a private key.
///
/// They are wiped when the last owner releases them, and never appear in a description, a dump or a
/// debugger's summary.
package final class Secret: Sendable {
  // Safe to share: the buffer is filled before `init` returns, only read afterwards, and wiped and
  // freed in `deinit`, when there is no other owner.
  nonisolated(unsafe) private let bytes: UnsafeMutableRawBufferPointer

  /// The caller wipes its own copy, if it can.
  package init(copying source: some Collection<UInt8>) {
    bytes = .allocate(byteCount: source.count, alignment: 1)
    bytes.copyBytes(from: source)
  }

  /// Takes over bytes and overwrites the original array; other copies of it are not found.
  package convenience init(wiping source: inout [UInt8]) {
    self.init(copying: source)
    source.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    source = []
  }

  deinit {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    bytes.deallocate()
  }

  package var isEmpty: Bool { bytes.isEmpty }

  /// The pointer must not outlive the call.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(bytes))
  }
}

extension Secret {
  /// From now on all memory that OpenSSL frees is wiped. It wipes most secrets itself, but
  /// its decoder of private keys leaves a copy behind.
  ///
  /// - Returns: false if OpenSSL was used before, which is too late.
  package static func wipeWhatOpenSSLFrees() -> Bool { COpenSSL_wipe_on_free() == 1 }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "«secret»" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(reflecting: description) }
}
