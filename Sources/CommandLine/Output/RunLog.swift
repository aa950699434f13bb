import Diagnostics
import Files
import Fleet
import Glibc
import Logging
import Synchronization

/// Writes the steps of a run to standard error (`-v`), to a file (`--log`), to both or nowhere.
///
/// Each message is one line of bounded length, in which nothing can steer a terminal: parts of it come from hosts.
struct RunLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  private let isShown: Bool
  private let file: AppendedFile?
  private let start = ContinuousClock.now
  private let hasFailed = LogFailure()

  init(isShown: Bool, file: AppendedFile?) {
    self.isShown = isShown
    self.file = file
    // The hundreds of facts of a survey are for the file.
    logLevel = file != nil ? .trace : isShown ? .debug : .critical
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let host = event.metadata?["host"] ?? metadata["host"]
    let text = HostText((host.map { "\($0): " } ?? "") + "\(event.message)").text
    if isShown, event.level >= .debug {
      Console.error("[\(start.duration(to: .now).inSeconds)] \(text)")
    }
    guard let file else { return }
    do throws(FileError) {
      try file.append(Array("\(Self.now) \(event.level) \(text)\n".utf8))
    } catch {
      hasFailed.report("deploy: \(error). The run continues without the log.")
    }
  }

  /// The time in UTC with milliseconds, as in RFC 3339.
  private static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let second = Timestamp(secondsSince1970: Int64(time.tv_sec)).description.dropLast()
    return "\(second).\(String(1000 + time.tv_nsec / 1_000_000).dropFirst())Z"
  }
}

/// Reports once that a log could not be written.
private final class LogFailure: Sendable {
  private let isReported = Mutex(false)

  func report(_ text: String) {
    let isFirst = isReported.withLock { isReported in
      defer { isReported = true }
      return !isReported
    }
    if isFirst { Console.error(text) }
  }
}
