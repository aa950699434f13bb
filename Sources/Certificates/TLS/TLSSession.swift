internal import COpenSSL

/// What a client keeps of a TLS connection in order to resume it.
package final class TLSSession: Sendable {
  // Safe to share: it is complete before `init` and never changed afterwards; OpenSSL counts its
  // owners with atomic numbers.
  nonisolated(unsafe) let pointer: OpaquePointer

  init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { SSL_SESSION_free(pointer) }
}
