internal import Files
internal import FoundationEssentials
package import State

/// The file with the state of a fleet, as it was last read or written.
///
/// A file that could not be read, or that another program has changed since, is never overwritten.
/// The caller has to hold the file's `StateLock`.
package struct StateFile: Sendable {
  package let path: String
  /// Nil if there is no file yet.
  package private(set) var state: FleetState?
  private var bytes: [UInt8]?

  /// The path of the copy from before the last write.
  package var previousPath: String { path + ".previous" }

  /// Reads the state of a fleet; a missing file is not an error.
  package static func read(
    _ path: String, fleet: String
  ) throws(StateFileError) -> StateFile {
    let bytes = try contents(of: path)
    return StateFile(
      path: path,
      state: try bytes.map { bytes throws(StateFileError) in
        try StateFormat.decode(bytes, fleet: fleet, path: path)
      }, bytes: bytes)
  }

  /// Writes a state with the next serial, and keeps the old file as the previous one.
  ///
  /// After an error the file is unchanged, unless the disk fails after the last step.
  package mutating func write(_ state: FleetState) throws(StateFileError) {
    guard try Self.contents(of: path) == bytes else {
      throw StateFileError(
        .changed, path,
        """
        the state was changed by another program since it was read, and is not overwritten. Run \
        deploy again: it reads the state again and continues from what the hosts report.
        """)
    }
    var next = state
    next.serial = max(state.serial, self.state?.serial ?? 0) + 1
    let encoded = try StateFormat.encode(next, path: path)
    do throws(FileError) {
      if let bytes { try FileWriter.replace(previousPath, contents: bytes, for: .everyone) }
      try FileWriter.replace(path, contents: encoded, for: .everyone)
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
    self.state = next
    bytes = encoded
  }

  private static func contents(of path: String) throws(StateFileError) -> [UInt8]? {
    do throws(FileError) {
      return try FileReader.readIfPresent(path, as: .state)
    } catch {
      throw StateFileError(.notReadable, path, error)
    }
  }
}

/// Encodes and decodes the JSON of a state: sorted keys and one fact on each line, so that it is easy to
/// review.
enum StateFormat {
  private struct Heading: Decodable {
    var version: Int
    var fleet: String
    /// Nil in a state of version 0.1.0.
    var issued: Presence?

    struct Presence: Decodable {
      init(from decoder: any Decoder) {}
    }
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
        the state has version \(heading.version), and this deploy reads versions up to \
        \(FleetState.currentVersion). Use the newer deploy that wrote it.
        """)
    }
    guard TextRule.fleetName.accepts(heading.fleet) else {
      throw malformed(ValuePlace.root.at("fleet").mistake("it is not the name of a fleet"), path)
    }
    guard heading.fleet == fleet else {
      throw StateFileError(
        .otherFleet, path,
        """
        this is the state of the fleet \(heading.fleet), but the inventory declares the fleet \
        \(fleet). Give the right file with --state; a fleet cannot be renamed.
        """)
    }
    let decoder = heading.version < 2 ? JSONDecoder.ofEarlierNames : JSONDecoder()
    var state = try value(FleetState.self, from: data, path, by: decoder)
    state.version = FleetState.currentVersion
    do {
      try state.check()
    } catch {
      throw malformed(error, path)
    }
    if heading.issued == nil { state.takeOverInstalledCertificates() }
    return state
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, from data: Data, _ path: String, by decoder: JSONDecoder = JSONDecoder()
  ) throws(StateFileError) -> Value {
    let recovery = recovery(path)
    do {
      return try decoder.decode(type, from: data)
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      guard !data.isTruncatedJSONObject else {
        throw StateFileError(
          .truncated, path, "the state is truncated after \(data.count) bytes. \(recovery)")
      }
      if let mistake = JSONNumbers.mistake(in: Array(data)) { throw malformed(mistake, path) }
      throw StateFileError(.notJSON, path, "the state is not JSON. \(recovery)")
    } catch {
      throw malformed(
        (error as? DecodingError)?.mistake() ?? ValuePlace.root.mistake("\(error)"), path)
    }
  }

  private static func malformed(_ mistake: StateMistake, _ path: String) -> StateFileError {
    StateFileError(
      .malformed, path, "this is not a valid state: \(mistake). \(recovery(path))")
  }

  private static func recovery(_ path: String) -> String {
    """
    Restore \(path).previous or the version in git; or move the file away and rebuild it from \
    the hosts with \"deploy state rebuild\".
    """
  }
}
