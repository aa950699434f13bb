import Foundation
import Testing

/// The `openssl` program, as a witness that shares no code with the module.
struct OpenSSLCommand {
  let status: Int32
  /// Standard output and standard error.
  let output: String

  /// - Parameter files: written to a folder of their own, which is the working directory.
  init(_ arguments: [String], files: [String: String] = [:]) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("certificates-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        Issue.record(error)
      }
    }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: data, as: UTF8.self)
  }

  var lines: [String] {
    output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The lines below the one that starts with `title`, as deep as they are indented.
  func block(_ title: String) -> [String] {
    let all = output.split(separator: "\n").map(String.init)
    let start = all.firstIndex { $0.trimmingCharacters(in: .whitespaces).hasPrefix(title) }
    guard let start else { return [] }
    let depth = all[start].prefix { $0 == " " }.count
    return all[(start + 1)...].prefix { $0.prefix { $0 == " " }.count > depth }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The first PEM block of the output.
  var pem: String {
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    let start = lines.firstIndex { $0.hasPrefix("-----BEGIN") } ?? lines.endIndex
    let end = lines[start...].firstIndex { $0.hasPrefix("-----END") } ?? lines.endIndex - 1
    return lines[start...end].joined(separator: "\n") + "\n"
  }
}
