import Foundation
import TestSupport

@testable import Execution

/// A shell that hosts may have as /bin/sh.
enum Shell: String, CaseIterable, CustomStringConvertible {
  case dash
  case busybox = "busybox sh"
  case bash

  /// Those that most tests run with; bash is what few hosts have there.
  static let allCases: [Shell] = [.dash, .busybox]
  static let withBash: [Shell] = allCases + [.bash]

  var description: String { rawValue }

  struct Result {
    var status: Int32
    var output: String
    var error: String
  }

  /// The first commands in a namespace: mount a separate /run, and reap orphaned processes.
  private static let first = "mount -t tmpfs none /run && \"$@\"; exit $?"

  /// Runs a program in separate mount, network and process namespaces, so that nothing of it remains.
  static func run(
    _ words: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Result {
    let run = try ProgramRun(
      ["timeout", "300", "unshare", "-m", "-n", "-p", "-f", "--kill-child", "--mount-proc"]
        + ["sh", "-c", first, "sh"] + words,
      input: input,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      separatesErrors: true)
    return Result(status: run.status, output: run.output, error: run.errors)
  }

  /// `alone` says so when no timer and no watcher is left, and waits for that; the others print what
  /// the program's own functions set.
  private static let helpers = #"""
    linked_release() { find_linked; echo "$linked"; }
    current_release() { find_current; echo "$current"; }
    fingerprint() { find_fingerprint "$1"; echo "$fingerprint"; }
    alone() {
      while pgrep -x sleep || pgrep -f '^/bin/sh .*/undo[.]sh'; do :; done > /dev/null
      echo alone
    }

    """#

  /// Runs lines behind the functions of the host program, with the host's folders in `folder`; the program
  /// itself is the file `$host_program`.
  func run(_ lines: String, in folder: TemporaryFolder, input: [UInt8] = []) throws -> Result {
    try folder.makeFolder("root")
    try folder.write(HostProgram.relocatable.text, to: "program")
    try folder.records("logger")
    return try Self.run(
      rawValue.split(separator: " ").map(String.init) + [
        "-c", HostProgram.functions + "lock_attempts=1\n" + Self.helpers + lines,
        folder.path + "/program",
      ],
      input: input,
      environment: [
        "TEST_root": folder.path + "/root", "TEST_run": folder.path + "/run",
        "TEST_nginx_folder": folder.path + "/nginx", "TEST_units": folder.path + "/units",
        "work": folder.path + "/run/transaction",
        "folder": folder.path, "host_program": folder.path + "/program", "shell": rawValue,
        "PATH": folder.path + "/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ])
  }
}

extension HostProgram {
  /// The program with a digest that no host has.
  static let fake = HostProgram(digest: fakeDigest)

  /// The program with the folders of a test.
  static let relocatable = relocatable(digest: fakeDigest)

  private static func fakeDigest(_ text: [UInt8]) -> String { String(repeating: "0", count: 64) }

  /// The program with folders that it takes from the variables `TEST_root`, `TEST_run`, `TEST_nginx_folder`
  /// and `TEST_units`, where the one of a release has constants.
  static func relocatable(digest: ([UInt8]) -> String) -> HostProgram {
    let text = String(decoding: fake.text, as: UTF8.self)
      .replacing(/(?m)^(root|run|nginx_folder|units)=\/.*$/) { "\($0.1)=$TEST_\($0.1)" }
    return HostProgram(text: text, digest: digest)
  }

  /// All of it but the call of `main`, with the folders of a test.
  static let functions = String(decoding: relocatable.text, as: UTF8.self)
    .replacingOccurrences(of: "\nmain \"$@\"\n", with: "\n")

  /// With its comments.
  static let source = parts.map { String(decoding: $0.text, as: UTF8.self) }.joined()

  /// The first messages of a host.
  static let opening = "@deploy begin\n@deploy version \(HostProtocol.version)\n"
}

extension HostCall {
  /// The launcher, which looks for the program in a folder of a test.
  func launcher(root: String) -> [UInt8] {
    Array(
      String(decoding: launcher, as: UTF8.self)
        .replacing("program_file=/etc/deploy/", with: "program_file=\(root)/").utf8)
  }
}

extension TemporaryFolder {
  func program(_ name: String, _ text: String) throws {
    try write("#!/bin/sh\n" + text, to: "bin/" + name)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: path + "/bin/" + name)
  }

  /// Puts a program first in the PATH that notes its calls in the file `calls`, and does no more than
  /// the lines.
  func records(_ name: String, _ lines: String = "") throws {
    try program(name, "echo \"\(name) $*\" >> \"$folder/calls\"\n" + lines + "\n")
  }
}
