import Dispatch
import Synchronization

/// Writes lines one after the other, apart from those who add them: a reader that is slow or has stopped delays no host
/// and no signal, only the end of the program.
final class LineWriter: Sendable {
  // A serial queue has a thread of its own while it has work, which no other work needs.
  private let queue = DispatchQueue(label: "deploy.lines")
  private let unwritten = DispatchGroup()
  private let hasFailed = Atomic(false)
  private let write: @Sendable (String) -> Bool

  /// - Parameter write: writes a line, which may take any time, and returns whether it could; after one that could not
  ///   be written, the others are dropped.
  init(_ write: @escaping @Sendable (String) -> Bool) { self.write = write }

  /// Adds a line behind the others, and returns at once.
  func add(_ line: String) {
    queue.async(group: unwritten) { [self] in
      guard !hasFailed.load(ordering: .relaxed) else { return }
      if !write(line) { hasFailed.store(true, ordering: .relaxed) }
    }
  }

  /// Waits until every line is written or dropped.
  ///
  /// - Parameter seconds: how long it waits at most; nil for any time.
  /// - Returns: whether every line is written or dropped.
  @discardableResult
  func finish(within seconds: Int? = nil) -> Bool {
    let limit = seconds.map { DispatchTime.now() + .seconds($0) } ?? .distantFuture
    return unwritten.wait(timeout: limit) == .success
  }
}
