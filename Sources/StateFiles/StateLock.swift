internal import Foundation
package import State

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

  package var description: String {
    "\(who) since \(since) for deploy \(what) (process \(processID))"
  }
}

/// The right to change a state, until it is let go or its process ends: the kernel keeps the lock
/// (flock(2)), so no crash leaves it behind. The file stays; that it is there means nothing.
package struct StateLock: ~Copyable {
  private let descriptor: Int32

  private init(adopting descriptor: Int32) { self.descriptor = descriptor }

  /// Unlocks before it closes: a process being started has the descriptor too until its exec.
  deinit {
    ftruncate(descriptor, 0)
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// The lock's file, beside the state: `shop.state.json` has `shop.state.lock`.
  package static func path(forState path: String) -> String {
    (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".lock"
  }

  /// Takes the lock of a state without waiting.
  package static func acquire(
    forState statePath: String, as holder: LockHolder
  ) throws(StateFileError) -> StateLock {
    let path = path(forState: statePath)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let error = errno == EWOULDBLOCK ? locked(descriptor, path) : failure("flock", path)
      close(descriptor)
      throw error
    }
    let lock = StateLock(adopting: descriptor)
    try lock.sign(as: holder, path)
    return lock
  }

  /// Who holds the lock of a state now; nil where it is free.
  package static func holder(forState statePath: String) throws(StateFileError) -> LockHolder? {
    let path = path(forState: statePath)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
      flock(descriptor, LOCK_UN)
      return nil
    }
    guard errno == EWOULDBLOCK else { throw failure("flock", path) }
    return signature(descriptor)
  }

  private borrowing func sign(as holder: LockHolder, _ path: String) throws(StateFileError) {
    let bytes: Data
    do {
      bytes = try JSONEncoder().encode(holder)
    } catch {
      throw StateFileError(.notWritable, path, "\(error). This is a bug in deploy.")
    }
    guard ftruncate(descriptor, 0) == 0 else { throw Self.failure("truncate", path) }
    let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count else { throw Self.failure("write", path) }
  }

  private static func signature(_ descriptor: Int32) -> LockHolder? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    do {
      return try JSONDecoder().decode(LockHolder.self, from: Data(buffer[..<count]))
    } catch {
      // A signature that is being written is none yet.
      return nil
    }
  }

  /// Who has just taken the lock signs it within a moment; who never does is nobody to name.
  private static func awaitedSignature(_ descriptor: Int32) -> LockHolder? {
    for _ in 0..<50 {
      if let holder = signature(descriptor) { return holder }
      usleep(2000)
    }
    return nil
  }

  private static func locked(_ descriptor: Int32, _ path: String) -> StateFileError {
    let holder = awaitedSignature(descriptor)
    let name = holder.map(\.description) ?? "somebody else"
    return StateFileError(
      .locked(by: holder), path,
      "the state is locked by \(name). Wait until it is done; the lock ends with its process.")
  }

  private static func failure(_ call: String, _ path: String) -> StateFileError {
    StateFileError(.notWritable, path, SystemCall.explanation(call, path, errno))
  }
}
