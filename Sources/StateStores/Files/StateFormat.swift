internal import Files
internal import FoundationEssentials
internal import State

/// Encodes and decodes the JSON of a state: sorted keys and one fact on each line, so that it is easy to
/// review. A database has the same JSON in parts.
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
    try decode([bytes], fleet: fleet, path: path, recovery: fileRecovery(path))
  }

  /// Decodes a state in several documents, each on a core of its own: the first one has everything, the others
  /// have more hosts.
  static func decode(
    _ documents: [[UInt8]], fleet: String, path: String, recovery: String
  ) throws(StateFileError) -> FleetState {
    let documents = documents.map { Data($0) }
    guard let first = documents.first else {
      preconditionFailure("A state has no document. This is a bug in deploy.")
    }
    let heading = try value(Heading.self, from: first, path, recovery)
    guard heading.version <= FleetState.currentVersion else {
      throw StateFileError(
        .newerVersion, path,
        """
        the state has version \(heading.version), and this deploy reads versions up to \
        \(FleetState.currentVersion). Use the newer deploy that wrote it.
        """)
    }
    guard TextRule.fleetName.accepts(heading.fleet) else {
      throw malformed(
        ValuePlace.root.at("fleet").mistake("it is not the name of a fleet"), path, recovery)
    }
    guard heading.fleet == fleet else {
      throw StateFileError(
        .otherFleet, path,
        """
        this is the state of the fleet \(heading.fleet), but the inventory declares the fleet \
        \(fleet). Give the right file with --state; a fleet cannot be renamed.
        """)
    }
    let parts = Cores.map(documents) { data in
      Result { () throws(StateFileError) -> FleetState in
        try part(data, version: heading.version, path, recovery)
      }
    }
    var state = try parts[0].get()
    for part in parts.dropFirst() { state.hosts.merge(try part.get().hosts) { first, _ in first } }
    if heading.issued == nil { state.takeOverInstalledCertificates() }
    return state
  }

  private static func part(
    _ data: Data, version: Int, _ path: String, _ recovery: String
  ) throws(StateFileError) -> FleetState {
    let decoder = version < 2 ? JSONDecoder.ofEarlierNames : JSONDecoder()
    var state = try value(FleetState.self, from: data, path, recovery, by: decoder)
    state.version = FleetState.currentVersion
    do {
      try state.check()
    } catch {
      throw malformed(error, path, recovery)
    }
    return state
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, from data: Data, _ path: String, _ recovery: String,
    by decoder: JSONDecoder = JSONDecoder()
  ) throws(StateFileError) -> Value {
    do {
      return try decoder.decode(type, from: data)
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      guard !data.isTruncatedJSONObject else {
        throw StateFileError(
          .truncated, path, "the state is truncated after \(data.count) bytes. \(recovery)")
      }
      if let mistake = JSONNumbers.mistake(in: Array(data)) {
        throw malformed(mistake, path, recovery)
      }
      throw StateFileError(.notJSON, path, "the state is not JSON. \(recovery)")
    } catch {
      throw malformed(
        (error as? DecodingError)?.mistake() ?? ValuePlace.root.mistake("\(error)"), path, recovery)
    }
  }

  private static func malformed(
    _ mistake: StateMistake, _ path: String, _ recovery: String
  ) -> StateFileError {
    StateFileError(.malformed, path, "this is not a valid state: \(mistake). \(recovery)")
  }

  private static func fileRecovery(_ path: String) -> String {
    """
    Restore \(path).previous or the version in git; or move the file away and rebuild it from \
    the hosts with \"deploy state rebuild\".
    """
  }
}
