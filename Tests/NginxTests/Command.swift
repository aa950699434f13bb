import Foundation

/// Runs programs and collects what they say.
struct Command {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let status: Int32
  /// Standard output and error together.
  let output: String

  init(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  /// The output of a shell script that must succeed.
  static func script(_ text: String) throws -> String {
    let command = try Command("sh", "-euc", text)
    guard command.status == 0 else {
      throw Failure(description: "exit \(command.status): \(command.output)")
    }
    return command.output
  }

  static func exists(_ names: String...) -> Bool {
    names.allSatisfy { name in
      ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].contains {
        FileManager.default.isExecutableFile(atPath: $0 + name)
      }
    }
  }

  /// Whether nginx can be run in a network of its own.
  static let canRunNginx = getuid() == 0 && exists("nginx", "openssl", "curl", "unshare", "ip")
}
