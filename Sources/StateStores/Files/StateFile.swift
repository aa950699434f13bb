internal import Files
internal import Hashing
package import State

/// The state of a fleet in its files, as it was last read or written: a JSON file, and during a run the
/// journal beside it, to which each result is added.
///
/// A file that could not be read, or that another program has changed since, is never overwritten.
/// The caller has to hold the file's `StateLock`, unless it only reads.
package struct StateFile: OpenState {
  package let path: String
  /// Nil if there is no file yet.
  package private(set) var state: FleetState?
  /// SHA-256 of the JSON file; nil if there is none.
  private var digest: String?
  private var status: FileStatus?
  private var journal: JournalFile

  /// The path of the copy from before the last write of the JSON file.
  package var previousPath: String { path + ".previous" }

  /// The path of the journal next to the state: `shop.state.json` has `shop.state.journal`.
  package static func journalPath(forState path: String) -> String {
    StateLock.stem(ofState: path) + ".journal"
  }

  /// Reads the state of a fleet; a missing file is not an error.
  ///
  /// Another run may write meanwhile: the result is the state at one moment.
  package static func read(_ path: String, fleet: String) throws(StateFileError) -> StateFile {
    var journal = try JournalFile.read(forState: path)
    while true {
      let status = try status(of: path)
      let bytes = try contents(of: path)
      let digest = bytes.map { Digest.sha256(of: $0) }
      if let fitting = journal.fitting(digest) {
        var state = try bytes.map { bytes throws(StateFileError) in
          try StateFormat.decode(bytes, fleet: fleet, path: path)
        }
        if !fitting.records.isEmpty { try state?.replay(fitting.records, of: journal) }
        return StateFile(
          path: path, state: state, digest: digest, status: status, journal: fitting.journal)
      }
      // A run that ended between the two readings has removed the journal or marked it by now.
      let again = try JournalFile.read(forState: path)
      guard again != journal else {
        let state = try bytes.map { bytes throws(StateFileError) in
          try StateFormat.decode(bytes, fleet: fleet, path: path)
        }
        throw journal.conflict(with: state, path)
      }
      journal = again
    }
  }

  /// Writes a whole state with the next serial, and keeps the old file as the previous one.
  ///
  /// After an error the file is unchanged, unless the disk fails after the last step.
  package mutating func write(_ state: FleetState) throws(StateFileError) {
    var next = state
    next.serial = max(state.serial, self.state?.serial ?? 0) + 1
    try replace(with: next)
  }

  /// Adds changes to the journal, with the next serial. Returns when they are on the disk.
  package mutating func record(_ changes: [StateChange]) throws(StateFileError) {
    // Not the state itself: while this function had a copy of it, changing it would copy all of the fleet.
    guard let serial = state?.serial, let lineage = state?.lineage, let digest else {
      preconditionFailure("A change was recorded before there is a state. This is a bug in deploy.")
    }
    let mode = try modeIfAsRead()
    let record = StateRecord(serial: serial + 1, changes: changes)
    let base = JournalHeading(lineage: lineage, serial: serial, state: digest)
    if try journal.append(record, to: base, within: mode) {
      state?.apply(record)
    } else if var next = state {
      next.apply(record)
      try replace(with: next)
    }
  }

  /// The permissions of the JSON file, which must have the content that was read last. It is read again only if
  /// something has written it: a program may have written the same.
  private mutating func modeIfAsRead() throws(StateFileError) -> UInt32 {
    let present = try Self.status(of: path)
    if let present, let status, present.isUnchanged(since: status) { return status.mode }
    guard let present, try Self.contents(of: path).map({ Digest.sha256(of: $0) }) == digest else {
      throw changed
    }
    status = present
    return present.mode
  }

  /// Moves the journal that an interrupted run has left, if any, into the JSON file.
  package static func compactLeftover(_ path: String, fleet: String) throws(StateFileError) {
    guard try status(of: journalPath(forState: path)) != nil else { return }
    var file = try read(path, fleet: fleet)
    try file.compact()
  }

  /// Moves the changes of the journal into the JSON file; the state and its serial stay the same.
  package mutating func compact() throws(StateFileError) {
    guard journal.hasRecords, let state else { return try journal.remove() }
    do {
      try replace(with: state)
    } catch {
      guard error.code == .notWritable else { throw error }
      throw StateFileError(
        error.code, error.path,
        """
        \(error.explanation) Nothing is lost: all changes of the run are in \(journal.path). The next run \
        moves them into \(path).
        """)
    }
  }

  /// Replaces the JSON file, and removes the journal, whose changes the new one has.
  private mutating func replace(with next: FleetState) throws(StateFileError) {
    let old = try Self.contents(of: path)
    guard old.map({ Digest.sha256(of: $0) }) == digest else { throw changed }
    let encoded = try StateFormat.encode(next, path: path)
    let newDigest = Digest.sha256(of: encoded)
    try journal.close(before: newDigest)
    do throws(FileError) {
      if let old { try FileWriter.replace(previousPath, contents: old, for: .everyone) }
      try FileWriter.replace(path, contents: encoded, for: .everyone)
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
    (state, digest, status) = (next, newDigest, try Self.status(of: path))
    try journal.removeReplaced()
  }

  private var changed: StateFileError {
    guard !journal.hasRecords else {
      return StateFileError(
        .changed, path,
        """
        the state was changed by another program during this run, and is not overwritten. What the run has \
        recorded is in \(journal.path): restore the state that it belongs to from git, and run deploy again, \
        which adds it.
        """)
    }
    return StateFileError(
      .changed, path,
      """
      the state was changed by another program since it was read, and is not overwritten. Run \
      deploy again: it reads the state again and continues from what the hosts report.
      """)
  }

  private static func contents(of path: String) throws(StateFileError) -> [UInt8]? {
    do throws(FileError) {
      return try FileReader.readIfPresent(path, as: .state)
    } catch {
      throw StateFileError(.notReadable, path, error)
    }
  }

  private static func status(of path: String) throws(StateFileError) -> FileStatus? {
    do throws(FileError) {
      return try FileReader.status(of: path)
    } catch {
      throw StateFileError(.notReadable, path, error)
    }
  }
}
