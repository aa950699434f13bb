/// Bytes both ways: a TCP connection, or a channel that stands for one.
package protocol ByteStream: Sendable {
  /// Waits for the next bytes; nil at their end. Throws where the connection is lost, and when none
  /// come in the time that the stream gives its peer.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
}
