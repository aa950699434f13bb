internal import Files
internal import State

/// The journal beside a state file: what a run has recorded since it wrote that file.
struct JournalFile: Hashable, Sendable {
  private enum Content: Hashable, Sendable {
    /// There is no file.
    case none
    case journal(Journal)
    /// It has nothing that the state file lacks.
    case obsolete
  }

  let path: String
  /// The most bytes that it may have, to be read again.
  private let limit: Int
  private var content: Content

  private init(_ path: String, _ content: Content) {
    (self.path, limit, self.content) = (path, FileKind.stateJournal.limit, content)
  }

  /// A journal that was read, with another limit.
  init(path: String, limit: Int, _ journal: Journal) {
    (self.path, self.limit, content) = (path, limit, .journal(journal))
  }

  static func read(forState statePath: String) throws(StateFileError) -> JournalFile {
    let path = StateFile.journalPath(forState: statePath)
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try FileReader.readIfPresent(path, as: .stateJournal)
    } catch {
      throw StateFileError(.notReadable, path, error)
    }
    guard let bytes else { return JournalFile(path, .none) }
    let journal = try JournalFormat.decode(bytes, path: path)
    return JournalFile(path, journal.map { .journal($0) } ?? .obsolete)
  }

  /// The records to add to the state file with that digest; nil if the journal belongs to another one.
  func fitting(_ digest: String?) -> (journal: JournalFile, records: [StateRecord])? {
    switch content {
    case .none, .obsolete: return (self, [])
    case .journal(let journal):
      if journal.heading.state == digest { return (self, journal.records) }
      guard let digest, journal.replacements.contains(digest) else { return nil }
      return (JournalFile(path, .obsolete), [])
    }
  }

  /// Whether it has records that the state file lacks.
  var hasRecords: Bool { if case .journal = content { true } else { false } }

  /// Adds a record; makes the file if there is none.
  ///
  /// - Parameter mode: the permissions of the state file.
  /// - Returns: false if it does not take the record, and the whole state has to be written.
  mutating func append(
    _ record: StateRecord, to base: JournalHeading, within mode: UInt32
  ) throws(StateFileError) -> Bool {
    if case .obsolete = content { try remove() }
    guard case .journal(var journal) = content else {
      var end = JournalEnd.start
      let lines =
        try JournalFormat.encode(base, at: &end, path: path)
        + JournalFormat.encode(JournalEntry.record(record), at: &end, path: path)
      try writing { () throws(FileError) in
        try FileWriter.create(path, contents: lines, for: .everyone, within: mode)
      }
      content = .journal(Journal(heading: base, end: end))
      return true
    }
    let start = journal.end.length
    let line = try JournalFormat.encode(JournalEntry.record(record), at: &journal.end, path: path)
    guard journal.replacements.isEmpty, journal.end.length <= limit else {
      return false
    }
    try append(line, at: start)
    content = .journal(journal)
    return true
  }

  /// Marks the journal before a state file with that digest, which has all its records, replaces the present one:
  /// if the run is killed before it can remove the journal, the mark shows that the records are not needed.
  mutating func close(before digest: String) throws(StateFileError) {
    switch content {
    case .none: return
    case .obsolete: try remove()
    case .journal(var journal):
      let start = journal.end.length
      journal.replacements.append(digest)
      let line = try JournalFormat.encode(
        JournalEntry.replacement(digest), at: &journal.end, path: path)
      try append(line, at: start)
      content = .journal(journal)
    }
  }

  /// Removes the journal after the state file was replaced.
  mutating func removeReplaced() throws(StateFileError) {
    if case .journal = content { content = .obsolete }
    try remove()
  }

  /// Removes the file, if there is one.
  mutating func remove() throws(StateFileError) {
    if case .none = content { return }
    try writing { () throws(FileError) in try FileWriter.remove(path) }
    content = .none
  }

  private func append(_ line: [UInt8], at length: Int) throws(StateFileError) {
    try writing { () throws(FileError) in try FileWriter.append(line, to: path, at: length) }
  }

  private func writing(_ write: () throws(FileError) -> Void) throws(StateFileError) {
    do throws(FileError) {
      try write()
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
  }

  /// The error about a journal that belongs to another state file than the present one.
  func conflict(with state: FleetState?, _ statePath: String) -> StateFileError {
    guard case .journal(let journal) = content else {
      preconditionFailure("A journal without records fits no state. This is a bug in deploy.")
    }
    let heading = journal.heading
    let present =
      switch state {
      case nil: "does not exist"
      case let state? where state.lineage != heading.lineage: "is another state of the fleet"
      case let state? where state.serial != heading.serial: "has serial \(state.serial)"
      case _?: "was changed since"
      }
    return StateFileError(
      .conflict, path,
      """
      an interrupted run has left changes to serial \(heading.serial) of the state, but \(statePath) \
      \(present). Restore serial \(heading.serial) from \(statePath).previous or git, and run deploy again: it \
      adds the changes. If the present state is the right one, move the journal away and catch up from the hosts \
      with "deploy state rebuild".
      """)
  }
}

extension FleetState {
  /// Applies the records of a journal, whose values are checked like those of a state.
  mutating func replay(
    _ records: [StateRecord], of journal: JournalFile
  ) throws(StateFileError) {
    for record in records {
      guard record.serial == serial + 1 else {
        throw JournalFormat.malformed(
          ValuePlace.root.at("serial").mistake("\(record.serial) does not follow \(serial)"),
          journal.path)
      }
      apply(record)
    }
    do {
      try check()
    } catch {
      throw JournalFormat.malformed(error, journal.path)
    }
  }
}
