import Foundation
import TestSupport
import Testing

/// The `openssl` program, as a witness that shares no code with the module.
struct OpenSSLCommand {
  let status: Int32
  /// Standard output and standard error.
  let output: String

  /// - Parameter files: written to a folder of their own, which is the working directory.
  init(_ arguments: [String], files: [String: String] = [:]) throws {
    let folder = try TemporaryFolder("certificates")
    for (name, text) in files { try folder.write(text, to: name) }
    let run = try ProgramRun(["openssl"] + arguments, in: folder.path)
    (status, output) = (run.status, run.output)
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
