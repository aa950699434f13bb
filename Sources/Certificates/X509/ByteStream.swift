/// A stream of bytes in both directions: a TCP connection, or a channel used like one.
package protocol ByteStream: Sendable {
  /// Waits for the next bytes; nil at their end. Throws if the connection is lost, and if none
  /// arrive within the time that the stream gives its peer.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
}
