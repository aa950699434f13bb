import Foundation

/// Puts fixed words in the place of what is different in each run, of the same length where it may be in a
/// table.
struct Wording {
  /// The folder that the commands run in.
  let folder: String

  func stable(_ text: String) -> String {
    var text = text.replacing(folder, with: "FOLDER")
    text = text.replacing(/\S+@\S+, since [^)]*/, with: "USER@MACHINE, since TIME")
    text = text.replacing(/\bpid \d+/, with: "pid 123")
    text = text.replacing(/\d{4}-\d\d-\d\d/, with: "2000-01-01")
    text = text.replacing(/\d\d:\d\d(:\d\d)?/) { $0.1 == nil ? "00:00" : "00:00:00" }
    text = text.replacing(/\d+\.\d+ s\b/, with: "0.1 s")
    text = text.replacing(/SHA256:[A-Za-z0-9+\/]{43}/, with: "SHA256:…")
    text = text.replacing(/[A-Za-z0-9+\/=]{60,}/, with: "BASE64")
    text = text.replacing(/\b[0-9a-f]{2}(:[0-9a-f]{2}){19,31}\b/) { Self.zeros($0.0) }
    text = text.replacing(/\b(?=[a-f]*[0-9])[0-9a-f]{12,64}\b/) { Self.zeros($0.0) }
    return text
  }

  /// The same with each hexadecimal digit as 0.
  private static func zeros(_ text: Substring) -> String {
    String(text.map { $0.isHexDigit ? "0" : $0 })
  }
}
