import Foundation
import Sandbox
import Testing

/// A search for secrets where none may be: in texts, in files, and in the arguments and the environment of
/// every process of a fleet, which are read over and over from the beginning of this value to its end.
struct SecretSearch {
  private let folder: String
  private let command: SandboxCommand
  private var stop: String { folder + "/stop" }

  /// Starts to read the processes.
  ///
  /// The first process of what a test starts is left out with its environment alone: there the
  /// passphrase is by design.
  init(_ scene: Scene) throws {
    folder = scene.folder
    command = try scene.sandbox.spawn(["python3", Self.program, folder + "/stop"])
  }

  private static let program = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Programs/process_texts.py").path

  /// What the processes showed.
  func end() async throws -> String {
    try "".write(toFile: stop, atomically: true, encoding: .utf8)
    let output = try await command.wait()
    try FileManager.default.removeItem(atPath: stop)
    return output.stdout
  }

  /// The lines of private keys that are their own.
  static func lines(ofKeys text: String) -> Set<String> {
    let lines = text.split(separator: "\n").map(String.init)
    return Set(lines.filter { !$0.hasPrefix("-----") && $0.count > 16 })
  }

  static func found(_ secrets: [String], in text: String) -> [String] {
    secrets.filter { text.contains($0) }
  }

  /// Every file of the folder by its path there.
  static func found(_ secrets: [String], inFilesBelow folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
      let url = URL(filePath: "\(folder)/\(path)")
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
        return false
      }
      return found(secrets, in: String(decoding: try Data(contentsOf: url), as: UTF8.self)) != []
    }
  }
}
