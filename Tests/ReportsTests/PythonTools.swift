import Foundation
import TestSupport

/// The packages that `scripts/make-python-tools` installs.
enum PythonTools {
  static let python = "/var/cache/deploy-sandbox/python-tools/bin/python"

  /// Whether one of them is there, for whichever version of Python.
  static func have(_ module: String) -> Bool {
    guard FileManager.default.fileExists(atPath: python) else { return false }
    let run = try? ProgramRun([python, "-c", "import \(module)"])
    return run?.hasSucceeded ?? false
  }
}
