import Files
import Fleet
import FoundationEssentials
import Processes
import Synchronization
import SystemPackage

/// A program that prints an inventory, which the user named in the place of a file.
///
/// It gets no arguments and no input; its errors go to deploy's. It runs once, although a command may open the inventory
/// twice.
struct InventoryProgram {
  static let mostSeconds: Int64 = 30
  /// The names of files end like this, whatever their permissions are: on some file systems, all files are executable.
  private static let endings = [".yml", ".yaml", ".json"]

  private static let outputs = Mutex<[String: [UInt8]]>([:])

  let path: String

  /// Nil for a path that is read as a file.
  ///
  /// - Parameter named: the path as the user wrote it, which may be a symbolic link.
  init?(_ path: String, named: String) {
    let isData = [path, named].contains { name in
      Self.endings.contains(where: name.lowercased().hasSuffix)
    }
    let status = try? FileStatus.of(path, followsLinks: true)
    guard !isData, let status, status.kind == .regular, status.mode & 0o111 != 0,
      Self.isProgram(path)
    else { return nil }
    self.path = path
  }

  /// Whether the kernel can run it: a shell would take any other text for commands (execve(2)).
  private static func isProgram(_ path: String) -> Bool {
    guard
      let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return false }
    defer { try? file.close() }
    var start = [UInt8](repeating: 0, count: 4)
    let count = (try? start.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
    return start[..<count].starts(with: "#!".utf8) || start[..<count] == [0x7F, 0x45, 0x4C, 0x46]
  }

  /// What the program prints.
  ///
  /// - Throws: a failure of the kind `invalidInput` if it fails, prints too much or takes too long.
  func output(
    deadline: UserCommand.Deadline = UserCommand.Deadline(seconds: Self.mostSeconds)
  ) async throws -> [UInt8] {
    if let known = Self.outputs.withLock({ $0[path] }) { return known }
    SecretEnvironment.takeUsual()
    // A name without a slash would be looked for in PATH.
    let command = UserCommand(
      [path.contains("/") ? path : "./" + path], .aloneWithErrors,
      deadline: deadline)
    let limit = FileKind.inventory.limit
    let result: (ending: CommandEnding, output: [UInt8]?)
    do {
      result = try await command.run { try await $0.all(upTo: limit) }
    } catch is OutputTooLong {
      throw Failure(.invalidInput, "the inventory \(path) printed more than \(limit) bytes")
    } catch {
      throw Task.isCancelled
        ? Failure(.interrupted)
        : Failure(.invalidInput, "could not run the inventory \(path): \(error)")
    }
    guard !Task.isCancelled else { throw Failure(.interrupted) }
    if let failure = result.ending.failure {
      throw Failure(
        .invalidInput,
        "the inventory \(path) is a program, which \(failure). It has to print the inventory and exit with 0"
      )
    }
    let output = result.output ?? []
    Self.outputs.withLock { $0[path] = output }
    return output
  }
}
