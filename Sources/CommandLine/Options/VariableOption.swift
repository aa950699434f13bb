import ArgumentParser
import Diagnostics
import Fleet
import Inventories

/// The value of `--var`: the name of a variable of the inventory, and its value.
struct VariableOption {
  let name: String
  let value: String

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let name = VariableName(String(parts[0])) else {
      throw ValidationError(
        "\(text.quoted) is not NAME=VALUE, where the name is \(VariableName.rule).")
    }
    (self.name, value) = (name.text, String(parts[1]))
  }

  /// The values by name; the last of a name counts.
  static func values(_ options: [VariableOption]) -> [String: String] {
    Dictionary(options.map { ($0.name, $0.value) }) { $1 }
  }
}
