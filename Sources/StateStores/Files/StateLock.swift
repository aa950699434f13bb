internal import Diagnostics
internal import Files
package import Fleet
internal import FoundationEssentials

/// The run that holds the lock of a state, as written in the lock file.
package struct LockHolder: Hashable, Sendable, Codable, CustomStringConvertible {
  /// User and machine, such as `ann@laptop`.
  package var who: String
  package var since: Timestamp
  /// The command, such as `apply`.
  package var what: String
  package var processID: Int32

  package init(who: String, since: Timestamp, what: String, processID: Int32) {
    self.who = who
    self.since = since
    self.what = what
    self.processID = processID
  }

  /// The holder with texts that are safe to display, because any program may have written the file.
  fileprivate var bounded: LockHolder {
    LockHolder(
      who: HostText(who, limit: 100).text, since: since, what: HostText(what, limit: 100).text,
      processID: processID)
  }

  package var description: String {
    "\(who), since \(since), deploy \(what), process \(processID)"
  }
}

/// The exclusive lock of a state, held until it is released or its process ends. The lock file stays; its
/// existence alone means nothing.
package struct StateLock: ~Copyable {
  private let file: LockFile

  private init(_ file: consuming LockFile) { self.file = file }

  deinit {
    do {
      try file.write([])
    } catch {
      // The next holder overwrites the file.
    }
    file.unlock()
  }

  /// The path of the lock file next to the state: `shop.state.json` has `shop.state.lock`.
  package static func path(forState path: String) -> String { stem(ofState: path) + ".lock" }

  /// The path of the state without its extension, with which the names of the files beside it begin.
  static func stem(ofState path: String) -> String {
    path.hasSuffix(".json") ? String(path.dropLast(5)) : path
  }

  /// Acquires the lock of a state without waiting.
  package static func acquire(
    forState statePath: String, as holder: LockHolder
  ) async throws(StateFileError) -> StateLock {
    let path = path(forState: statePath)
    let file = try using(path) { () throws(FileError) in try LockFile.open(path) }
    guard try using(path, { () throws(FileError) in try file.lock() }) else {
      throw await locked(file, path)
    }
    let lock = StateLock(file)
    try lock.sign(as: holder, path)
    return lock
  }

  /// The current holder of the lock of a state; nil if it is free.
  package static func holder(forState statePath: String) throws(StateFileError) -> LockHolder? {
    let path = path(forState: statePath)
    do throws(FileError) {
      let file = try LockFile.open(path, creates: false)
      guard try file.lock() else { return signature(file) }
      file.unlock()
      return nil
    } catch {
      if error.reason == .missing { return nil }
      throw StateFileError(.notWritable, path, error)
    }
  }

  private borrowing func sign(as holder: LockHolder, _ path: String) throws(StateFileError) {
    let bytes: Data
    do {
      bytes = try JSONEncoder().encode(holder)
    } catch {
      throw StateFileError(.notWritable, path, "\(error). This is a bug in deploy.")
    }
    do throws(FileError) {
      try file.write(Array(bytes))
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
  }

  private static func signature(_ file: borrowing LockFile) -> LockHolder? {
    do {
      return try JSONDecoder().decode(LockHolder.self, from: Data(try file.contents())).bounded
    } catch {
      // The holder is still writing the file.
      return nil
    }
  }

  /// Waits briefly for the holder of a lock that was acquired just now to write its name. If no name appears
  /// in time, the holder is reported as unknown.
  private static func awaitedSignature(_ file: borrowing LockFile) async -> LockHolder? {
    for _ in 0..<50 {
      if let holder = signature(file) { return holder }
      do {
        try await Task.sleep(for: .milliseconds(2))
      } catch {
        // The user has cancelled the run.
        return nil
      }
    }
    return nil
  }

  private static func locked(_ file: borrowing LockFile, _ path: String) async -> StateFileError {
    let holder = await awaitedSignature(file)
    let details = holder.map { " (\($0))" } ?? ""
    return StateFileError(
      .locked(by: holder), path,
      "the state is locked by another run\(details). Wait until it finishes; the lock is released when"
        + " its process ends.")
  }

  private static func using<Value: ~Copyable>(
    _ path: String, _ call: () throws(FileError) -> Value
  ) throws(StateFileError) -> Value {
    do throws(FileError) {
      return try call()
    } catch {
      throw StateFileError(.notWritable, path, error)
    }
  }
}
