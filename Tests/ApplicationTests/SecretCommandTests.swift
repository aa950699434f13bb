import Fleet
import Foundation
import TestSupport
import Testing

@testable import Application

@Suite("A command that prints a secret", .timeLimit(.minutes(1)))
struct SecretCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func output(_ words: String...) async throws -> String {
    String(
      decoding: try await SecretCommand(words: words, secret: "passphrase").output(),
      as: UTF8.self)
  }

  private func failure(_ words: String...) async -> Failure? {
    await #expect(throws: Failure.self) {
      _ = try await SecretCommand(words: words, secret: "passphrase").output()
    }
  }

  @Test("gets its words as they are, and what it prints is taken as it is")
  func words() async throws {
    #expect(try await output("printf", "%s|", "$HOME; *", "it's", "") == "$HOME; *|it's||")
  }

  @Test("has the input and the process group of deploy, since it may ask a person")
  func terminal() async throws {
    let input = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/0")
    #expect(try await output("readlink", "/proc/self/fd/0") == input + "\n")
    #expect(try await output("cut", "-d", " ", "-f", "5", "/proc/self/stat") == "\(getpgrp())\n")
  }

  @Test("is refused if it fails, is missing, is ended by a signal or prints too much")
  func refused() async {
    let name = "the passphrase command"
    #expect(await failure("false")?.message == "\(name) `false` exited with status 1")
    #expect(
      await failure("/no/such")?.message == "\(name) `/no/such` exited with status 127")
    #expect(
      await failure("sh", "-c", "kill $$")?.message
        == "\(name) `sh -c kill $$` was terminated by signal 15")
    #expect(await failure("yes")?.message == "\(name) `yes` printed more than 65536 bytes")
  }

  @Test("keeps no other task waiting, however many commands wait")
  func waiting() async throws {
    let pipes = (0..<4 * ProcessInfo.processInfo.activeProcessorCount).map { folder.path("\($0)") }
    for pipe in pipes { try #require(mkfifo(pipe, 0o600) == 0) }
    try await withThrowingTaskGroup(of: String.self) { group in
      for pipe in pipes { group.addTask { try await output("cat", pipe) } }
      // This task lets each of them continue as soon as it waits.
      for pipe in pipes {
        var descriptor: Int32 = -1
        while descriptor < 0 {
          try Task.checkCancellation()
          await Task.yield()
          descriptor = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        }
        #expect(write(descriptor, "x", 1) == 1)
        close(descriptor)
      }
      for try await text in group { #expect(text == "x") }
    }
  }

  @Test("ends when its task is cancelled")
  func cancellation() async throws {
    let file = folder.path("process")
    let script = #"echo $$ > "$0.new" && mv "$0.new" "$0" && exec sleep 1000"#
    let task = Task { try await output("sh", "-c", script, file) }
    try await eventually("the command runs") { FileManager.default.fileExists(atPath: file) }
    let process = try String(contentsOfFile: file, encoding: .utf8).prefix { $0 != "\n" }
    task.cancel()
    let failure = await #expect(throws: Failure.self) { _ = try await task.value }
    #expect(failure?.kind == .interrupted)
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(process)"))
  }

  @Test("runs once for all hosts with the same words, and never beside another one")
  func oneAtATime() async throws {
    let passphrases = KeyPassphrases(FakeInteraction())
    let script = #"mkdir "$0/lock" && echo "$1" | tee -a "$0/runs" && rmdir "$0/lock""#
    let answers = await withTaskGroup(of: [UInt8]?.self) { group in
      for index in 0..<8 {
        let words = ["sh", "-c", script, folder.path, "\(index % 4)"]
        group.addTask {
          await passphrases.password(from: .command(words), of: "app-\(index)") { $0 }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let texts = answers.compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
    #expect(texts.sorted() == ["0", "0", "1", "1", "2", "2", "3", "3"])
    let runs = try String(contentsOfFile: folder.path("runs"), encoding: .utf8)
    #expect(runs.split(separator: "\n").sorted() == ["0", "1", "2", "3"])
  }
}
