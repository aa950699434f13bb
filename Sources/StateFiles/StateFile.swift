internal import Foundation
package import State

/// The state of a fleet, in its file: what was read last, or written last.
///
/// A file that was not understood, or that somebody else wrote since, is never overwritten.
/// Holding the `StateLock` of the file is up to the caller.
package struct StateFile: Sendable {
  package let path: String
  /// Nil where there is no file yet.
  package private(set) var state: FleetState?
  private var bytes: [UInt8]?

  /// Where the state before the last write is kept.
  package var previousPath: String { path + ".previous" }

  /// Reads the state of a fleet; a file that is not there is no error.
  package static func read(
    _ path: String, fleet: String
  ) throws(StateFileError) -> StateFile {
    let resolved = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    let bytes = try AtomicFile(path: resolved).read()
    return StateFile(
      path: resolved,
      state: try bytes.map { bytes throws(StateFileError) in
        try StateFormat.decode(bytes, fleet: fleet, path: resolved)
      }, bytes: bytes)
  }

  /// Replaces the file by a state, one serial on; the file before it becomes the previous one.
  ///
  /// After an error the file is what it was, but where the disk fails after the last step.
  package mutating func write(_ state: FleetState) throws(StateFileError) {
    let file = AtomicFile(path: path)
    guard try file.read() == bytes else {
      throw StateFileError(
        .changed, path,
        """
        the state was changed by somebody else since it was read, and is left alone. Run deploy \
        again: it starts from what the hosts say.
        """)
    }
    var next = state
    next.serial = max(state.serial, self.state?.serial ?? 0) + 1
    let encoded = try StateFormat.encode(next, path: path)
    if let bytes { try AtomicFile(path: previousPath).replace(by: bytes) }
    try file.replace(by: encoded)
    self.state = next
    bytes = encoded
  }
}

/// The JSON of a state: sorted, one fact a line, so that it reads well in a review.
enum StateFormat {
  private struct Heading: Decodable {
    var version: Int
    var fleet: String
  }

  static func encode(_ state: FleetState, path: String) throws(StateFileError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(state)) + [UInt8(ascii: "\n")]
    } catch {
      throw StateFileError(.malformed, path, "\(error). This is a bug in deploy.")
    }
  }

  static func decode(
    _ bytes: [UInt8], fleet: String, path: String
  ) throws(StateFileError) -> FleetState {
    let data = Data(bytes)
    let heading = try value(Heading.self, from: data, path)
    guard heading.version <= FleetState.currentVersion else {
      throw StateFileError(
        .newerVersion, path,
        """
        the state has version \(heading.version), and this deploy knows versions up to \
        \(FleetState.currentVersion). Use the newer deploy that wrote it.
        """)
    }
    guard heading.fleet == fleet else {
      throw StateFileError(
        .otherFleet, path,
        """
        this is the state of the fleet \(heading.fleet), and the inventory declares the fleet \
        \(fleet). Name the right file with --state; a fleet is never renamed.
        """)
    }
    return try value(FleetState.self, from: data, path)
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, from data: Data, _ path: String
  ) throws(StateFileError) -> Value {
    let recovery = """
      Take back \(path).previous or the file's version in git; or move the file away and let the \
      fleet tell: deploy state rebuild.
      """
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      let last = data.last { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: " ") }
      guard last == UInt8(ascii: "}") else {
        throw StateFileError(
          .truncated, path, "the state ends too early, after \(data.count) bytes. \(recovery)")
      }
      throw StateFileError(.notJSON, path, "the state is not JSON. \(recovery)")
    } catch {
      throw StateFileError(.malformed, path, "this is no state: \(reason(error)). \(recovery)")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.isEmpty
        ? "the whole" : context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      return "\(place(context)): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
