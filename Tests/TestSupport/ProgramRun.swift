import Foundation

/// A program that has run to its end, and what it printed.
package struct ProgramRun: Sendable {
  /// Its exit status, or 128 and the number of the signal that ended it.
  package let status: Int32
  package let output: String
  /// Empty if standard error went where standard output did.
  package let errors: String

  package var hasSucceeded: Bool { status == 0 }

  /// Runs a program, which is looked for in `PATH` of the tests, and waits for its end.
  ///
  /// - Parameters:
  ///   - input: what it reads on standard input.
  ///   - environment: all of its environment; nil for that of the tests.
  ///   - folder: its working directory.
  ///   - separatesErrors: whether standard error is collected apart from standard output.
  package init(
    _ words: [String], input: [UInt8] = [], environment: [String: String]? = nil,
    in folder: String? = nil, separatesErrors: Bool = false
  ) throws {
    let run = try RunningProgram(
      words, input: input, environment: environment, in: folder, separatesErrors: separatesErrors)
    self = try run.wait()
  }

  init(status: Int32, output: String, errors: String) {
    self.status = status
    self.output = output
    self.errors = errors
  }

  /// What a program that must succeed printed on standard output and standard error.
  @discardableResult
  package static func output(of words: [String], input: String = "") throws -> String {
    let run = try ProgramRun(words, input: Array(input.utf8))
    guard run.hasSucceeded else {
      throw Failure(description: "\(words) ended with \(run.status): \(run.output)")
    }
    return run.output
  }

  /// A program that must succeed did not.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Whether programs of these names are where a system keeps them.
  package static func exists(_ names: String...) -> Bool {
    names.allSatisfy { name in
      ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].contains {
        FileManager.default.isExecutableFile(atPath: $0 + name)
      }
    }
  }
}
