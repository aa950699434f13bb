package import Diagnostics
import Fleet
import Inventories
package import YAML

extension Playbook {
  /// Reads a playbook from its text; nil if there is an error.
  ///
  /// The diagnostics list all mistakes, sorted by place.
  package static func read(
    _ source: SourceText
  ) -> (playbook: Playbook?, diagnostics: [Diagnostic]) {
    let (node, diagnostics) = Node.parse(source)
    guard let node else { return (nil, diagnostics) }
    return decode(node)
  }

  /// Reads a playbook from its document; nil if there is an error.
  ///
  /// The diagnostics list all mistakes, sorted by place.
  package static func decode(
    _ node: Node
  ) -> (playbook: Playbook?, diagnostics: [Diagnostic]) {
    var found = DiagnosticCollector()
    guard let fields = Fields<PlaybookField>(node, &found) else {
      return (nil, found.sorted)
    }
    let name = fields.required(.name, &found)?.playbookName(&found)
    let rollout = fields[.rollout].map { Rollout.read($0, &found) } ?? Rollout()
    let hooks = fields[.hooks].map { Hooks.read($0, &found) } ?? Hooks()
    let procedure = fields.entry(.procedure).flatMap { Procedure.read($0, &found) }
    let playbook = name.map {
      Playbook(name: $0, rollout: rollout, hooks: hooks, procedure: procedure)
    }
    return (found.hasErrors ? nil : playbook, found.sorted)
  }
}

extension Playbook.Rollout {
  fileprivate static func read(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> Playbook.Rollout {
    let usual = Playbook.Rollout()
    guard let fields = Fields<RolloutField>(node, &found) else { return usual }
    return Playbook.Rollout(
      canary: fields[.canary]?.integer(in: 0...Int.max, &found) ?? usual.canary,
      batch: fields[.batch]?.batch(&found) ?? usual.batch,
      maxFailures: fields[.maxFailures]?.integer(in: 0...Int.max, &found) ?? usual.maxFailures,
      pause: fields[.pause]?.period(&found) ?? usual.pause,
      confirmWithin: fields[.confirmWithin]?.window(&found) ?? usual.confirmWithin,
      onFailure: fields[.onFailure]?.choice(of: OnFailure.self, &found) ?? usual.onFailure,
      verification: fields[.verify]?.choice(of: Verification.self, &found) ?? usual.verification)
  }
}

extension Node {
  /// A host needs seconds to switch, and a mistake should be undone soon.
  fileprivate func window(_ found: inout DiagnosticCollector) -> Period? {
    let allowed = Period.seconds(5)...Period.seconds(600)
    return value(
      noun: "a confirmation time", rule: "a period of 5s to 10m, such as 30s", &found,
      parse: { Period($0).flatMap { allowed.contains($0) ? $0 : nil } })
  }

  fileprivate func playbookName(_ found: inout DiagnosticCollector) -> String? {
    value(
      noun: "a playbook name", rule: "1 to 63 lower-case letters, digits and inner hyphens", &found,
      repair: { String($0.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }) },
      parse: { $0.isPlaybookName ? $0 : nil })
  }

  /// A whole number, or a percentage.
  fileprivate func batch(
    _ found: inout DiagnosticCollector
  ) -> Playbook.Rollout.Batch? {
    value(
      noun: "a batch", rule: "a number of hosts, at least 1, or a percentage, 1% to 100%", &found,
      parse: { text in
        let isPercentage = text.utf8.last == UInt8(ascii: "%")
        let digits = isPercentage ? text.dropLast() : text[...]
        guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
          let number = Int(digits), number >= 1
        else { return nil }
        guard isPercentage else { return .count(number) }
        return number <= 100 ? .percent(number) : nil
      })
  }
}

extension String {
  fileprivate var isPlaybookName: Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return (1...63).contains(utf8.count) && utf8.first != UInt8(ascii: "-")
      && utf8.last != UInt8(ascii: "-")
      && utf8.allSatisfy {
        letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-")
      }
  }
}
