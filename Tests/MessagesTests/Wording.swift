import Foundation

/// Puts fixed words in the place of what is different in each run, of the same length where it may be in a
/// table.
struct Wording {
  /// The folder that the commands run in.
  let folder: String

  func stable(_ text: String) -> String {
    var text = text.replacing(folder, with: "FOLDER")
    text = text.replacing(/[^\s(]+@\S+, since [^)]*/, with: "USER@MACHINE, since TIME")
    text = text.replacing(/\bpid \d+/, with: "pid 123")
    text = text.replacing(/\d{4}-\d\d-\d\d/, with: "2000-01-01")
    text = text.replacing(/T\d\d:\d\d:\d\dZ/, with: "T00:00:00Z")
    // Of a validity of whole days the first second may be over, or not.
    text = text.replacing(/\ (4014|3649|1459|1094|899|729|364|29)\b/) { " \((Int($0.1) ?? 0) + 1)" }
    // What ended years ago ended another day ago tomorrow.
    text = text.replacing(/\ -\d{4}\ /, with: " -1000 ")
    text = text.replacing(/\d+ ms\b/, with: "0 ms")
    text = text.replacing(/\(OpenSSL: .*\)/, with: "(OpenSSL: WORDS)")
    text = text.replacing(/(-----BEGIN [A-Z0-9 ]+-----)[^-]+/) { "\($0.1)\nBASE64\n" }
    text = text.replacing(/SHA256:[A-Za-z0-9+\/]{43}/, with: "SHA256:BASE64")
    text = text.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) { Self.zeros($0.0) }
    // A digest or a serial number; a decimal number has no letters.
    return text.replacing(/\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,64}\b/) { Self.zeros($0.0) }
  }

  /// The same with each hexadecimal digit as 0.
  private static func zeros(_ text: Substring) -> String {
    String(text.map { $0.isHexDigit ? "0" : $0 })
  }
}
