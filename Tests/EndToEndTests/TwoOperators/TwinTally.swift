/// What sequences of operations were made of.
struct TwinTally: CustomStringConvertible {
  var sequences = 0
  var operations: [String: Int] = [:]
  var kills = 0
  var interrupts = 0
  var requests: [String: Int] = [:]
  /// By the advice that was followed.
  var stops: [String: Int] = [:]
  /// By seed.
  var faults: [(seed: UInt64, words: [String])] = []

  var description: String {
    let lines = [
      "two operators: \(sequences) sequences, \(operations.values.reduce(0, +)) operations,"
        + " \(kills) killed, \(interrupts) interrupted",
      "  operations: \(Self.list(operations))",
      "  requests: \(Self.list(requests))",
      "  stops, by the advice that was followed: \(Self.list(stops))",
      "  sequences with faults: \(faults.count)",
    ]
    return (lines + faults.map { "  seed \($0.seed): \($0.words.first ?? "")" })
      .joined(separator: "\n")
  }

  private static func list(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
      .joined(separator: ", ")
  }
}
