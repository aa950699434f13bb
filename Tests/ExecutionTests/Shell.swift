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
    try folder.write(HostProgram.fake.text, to: "program")
    try folder.records("logger")
    return try Self.run(
      rawValue.split(separator: " ").map(String.init) + [
        "-c", HostProgram.functions + Self.helpers + lines, folder.path + "/program",
      ],
      input: input,
      environment: [
        "DEPLOY_ROOT": folder.path + "/root", "DEPLOY_RUN": folder.path + "/run",
        "DEPLOY_NGINX": folder.path + "/nginx", "work": folder.path + "/run/transaction",
        "DEPLOY_UNITS": folder.path + "/units", "DEPLOY_LOCK_TRIES": "1",
        "folder": folder.path, "host_program": folder.path + "/program", "shell": rawValue,
        "PATH": folder.path + "/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ])
  }
}

extension HostProgram {
  /// The program with a digest that no host has.
  static let fake = HostProgram(digest: { _ in String(repeating: "0", count: 64) })

  /// All of it but the call of `main`.
  static let functions = String(decoding: fake.text, as: UTF8.self)
    .replacingOccurrences(of: "\nmain \"$@\"\n", with: "\n")

  /// With its comments.
  static let source = parts.map { String(decoding: $0.text, as: UTF8.self) }.joined()

  /// The first messages of a host.
  static let opening = "@deploy begin\n@deploy version \(HostProtocol.version)\n"
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
