internal import Diagnostics
internal import Files
package import Fleet
internal import FoundationEssentials

/// Who holds the lock of a state, since when, and for what.
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

  /// As it may be shown, whoever wrote the file.
  fileprivate var bounded: LockHolder {
    LockHolder(
      who: HostText(who, limit: 100).text, since: since, what: HostText(what, limit: 100).text,
      processID: processID)
  }

  package var description: String {
    "\(who) since \(since) for deploy \(what) (process \(processID))"
  }
}

/// The right to change a state, until it is let go or its process ends. The file stays; that it exists
/// means nothing.
package struct StateLock: ~Copyable {
  private let file: LockFile

  private init(_ file: consuming LockFile) { self.file = file }

  deinit {
    do {
      try file.write([])
    } catch {
      // The next holder writes its own name over what is left.
    }
    file.unlock()
  }

  /// The lock's file, beside the state: `shop.state.json` has `shop.state.lock`.
  package static func path(forState path: String) -> String {
    (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".lock"
  }

  /// Takes the lock of a state without waiting.
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

  /// Who holds the lock of a state now; nil where it is free.
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
      // A signature that is being written is not one yet.
      return nil
    }
  }

  /// Who has just taken the lock signs it within a moment; who never does is nobody to name.
  private static func awaitedSignature(_ file: borrowing LockFile) async -> LockHolder? {
    for _ in 0..<50 {
      if let holder = signature(file) { return holder }
      do {
        try await Task.sleep(for: .milliseconds(2))
      } catch {
        // The user wants no answer any more.
        return nil
      }
    }
    return nil
  }

  private static func locked(_ file: borrowing LockFile, _ path: String) async -> StateFileError {
    let holder = await awaitedSignature(file)
    let name = holder.map(\.description) ?? "another run"
    return StateFileError(
      .locked(by: holder), path,
      "the state is locked by \(name). Wait until it is done; the lock ends with its process.")
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
