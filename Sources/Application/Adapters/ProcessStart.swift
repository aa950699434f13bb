import Files

/// Tells a process apart from others that get its number later: see proc(5), `boot_id` and `starttime`.
enum ProcessStart {
  /// The start of the machine and of the process; nil if there is no such process, or if that is not known.
  static func of(_ process: Int32) -> String? {
    guard let boot, let status = text(of: "/proc/\(process)/stat"),
      // The name of the program, in parentheses, may have spaces.
      let end = status.lastIndex(of: ")")
    else { return nil }
    let fields = status[end...].split(separator: " ")
    return fields.count > 20 ? "\(boot).\(fields[20])" : nil
  }

  /// Whether the process has ended; nil if that cannot be known, as after a restart or on another machine.
  static func hasEnded(_ process: Int32, startedAt start: String?) -> Bool? {
    guard let boot, let start, start.hasPrefix("\(boot).") else { return nil }
    return of(process) != start
  }

  /// A name of the time since the machine was started.
  private static var boot: String? {
    text(of: "/proc/sys/kernel/random/boot_id").map {
      String($0.filter { $0.isHexDigit })
    }
  }

  private static func text(of path: String) -> String? {
    do {
      return String(
        decoding: try FileReader.read(path, as: FileKind(limit: 1 << 14)), as: UTF8.self)
    } catch {
      // The process has ended, or the system has no such file.
      return nil
    }
  }
}
