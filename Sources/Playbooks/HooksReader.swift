internal import Diagnostics
import Fleet
internal import Inventories
internal import YAML

extension Playbook.Hooks {
  /// Reads `hooks:`.
  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> Playbook.Hooks {
    let usual = Playbook.Hooks()
    guard let fields = Fields<HookField>(node, &found) else { return usual }
    return Playbook.Hooks(
      beforeRun: fields[.beforeRun]?.commands(&found) ?? [],
      afterRun: fields[.afterRun]?.commands(&found) ?? [],
      beforeHost: fields[.beforeHost]?.commands(&found) ?? [],
      afterHost: fields[.afterHost]?.commands(&found) ?? [],
      timeout: fields[.timeout]?.timeout(&found) ?? usual.timeout)
  }
}

extension Node {
  fileprivate func commands(_ found: inout DiagnosticCollector) -> [Playbook.Command]? {
    elements(&found, expected: "a list of commands")?.compactMap { $0.command(&found) }
  }

  fileprivate func command(_ found: inout DiagnosticCollector) -> Playbook.Command? {
    guard case .sequence(let elements) = content else {
      guard
        let line = text(
          &found, expected: "a command, as a line for /bin/sh or as a list of words")
      else { return nil }
      guard line.unicodeScalars.contains(where: { $0 != " " && $0 != "\n" }), line.isWord else {
        found.report(
          .invalidValue(
            line, noun: "a command",
            rule: "a line for /bin/sh, not empty and without the character NUL", at: place))
        return nil
      }
      return .shell(line)
    }
    let words = elements.compactMap { element in
      element.value(
        noun: "a word of a command", rule: "any text without the character NUL", &found,
        parse: { $0.isWord ? $0 : nil })
    }
    guard let program = elements.first else {
      found.report(
        .emptyList(
          at: place, reason: "The first word of a command is the program, but there are no words."))
      return nil
    }
    if words.first == "" {
      found.report(
        .invalidValue(
          "", noun: "a program", rule: "its name or its path, and the first word of a command",
          at: program.place))
    }
    return .words(words)
  }

  /// The host waits for a hook, so the time is limited.
  fileprivate func timeout(_ found: inout DiagnosticCollector) -> Period? {
    let allowed = Period.seconds(1)...Period.seconds(3600)
    return value(
      noun: "a time for a hook", rule: "a period of 1s to 1h, such as 60s", &found,
      parse: { Period($0).flatMap { allowed.contains($0) ? $0 : nil } })
  }
}

extension String {
  /// Whether it can be passed to a program, for which NUL ends a text.
  fileprivate var isWord: Bool { !unicodeScalars.contains("\0") }
}
