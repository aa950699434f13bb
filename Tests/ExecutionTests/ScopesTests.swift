import Foundation
import Testing

@testable import Execution

/// A variable that two functions share by accident has broken the rollback three times; tests of behaviour
/// do not find the next one.
@Suite("The variables of the host program")
struct ScopesTests {
  /// A variable that a function sets without declaring it local or being listed for it.
  struct Leak: Hashable, CustomStringConvertible {
    var function: String
    var variable: String
    var description: String { "\(function) sets \(variable)" }
  }

  @Test("are local to a function, or listed with the one function that sets them")
  func scopes() throws {
    #expect(Self.leaks(in: HostProgram.source) == [])
  }

  @Test("that are neither are found")
  func plantedFaults() {
    let text = """
      # global find: found
      find() {
        local own rest="$1"
        own=1 found=2
      }
      inner() (
        own=1
      )
      other() {
        local a; a=$(b=1; echo); read -r c d; for e in 1; do f=$((f + 1)); done
        echo x=1 --y=2 "z=3 $(g=4; echo)" 'h=5'; { i=1; } && j=1 || k=1
        found=3
        while IFS= read -r l; do
          case $l in m) n=1 ;; esac
        done
        # o=1
        trap 'p=1' TERM
      }
      """
    #expect(
      Set(Self.leaks(in: text).map(\.description))
        == Set("bcdefgijklnp".map { "other sets \($0)" } + ["other sets found"]))
  }

  @Test("are listed only if a function sets them")
  func unusedList() {
    for (function, variables) in Self.listed(in: HostProgram.source) {
      let body = Self.functions(of: HostProgram.source).first { $0.name == function }?.body ?? ""
      #expect(variables.subtracting(Self.assigned(in: body)) == [], "\(function)")
    }
  }

  // MARK: - Reading scripts

  static func leaks(in text: String) -> [Leak] {
    let listed = listed(in: text)
    return functions(of: text).flatMap { function -> [Leak] in
      // What is set in a process of its own ends with it.
      if function.isSubshell { return [] }
      return assigned(in: function.body)
        .subtracting(locals(in: function.body)).subtracting(listed[function.name] ?? [])
        .sorted().map { Leak(function: function.name, variable: $0) }
    }
  }

  /// `# global FUNCTION: VARIABLES`.
  private static func listed(in text: String) -> [String: Set<String>] {
    var all: [String: Set<String>] = [:]
    for match in text.matches(of: /(?m)^# global (\w+): (.*)$/) {
      all[String(match.1), default: []].formUnion(match.2.split(separator: " ").map(String.init))
    }
    return all
  }

  private static func functions(
    of text: String
  ) -> [(name: String, body: String, isSubshell: Bool)] {
    text.matches(of: /(?m)^(\w+)\(\) ([{(])((?:.*[})]$|(?:.*\n)*?[})](?: 2>\/dev\/null)?$))/).map {
      (String($0.1), String($0.3), $0.2 == "(")
    }
  }

  private static func locals(in body: String) -> Set<String> {
    Set(
      body.matches(of: /\blocal ([^\n;]*)/).flatMap { match in
        // Without values, which may have blanks.
        match.1.replacing(/="[^"]*"|='[^']*'|=\S*/, with: "").split(separator: " ").map(String.init)
      })
  }

  /// The variables that are assigned, read or counted through.
  private static func assigned(in body: String) -> Set<String> {
    let code = body.replacing(/<<-(\w+)\n(?:.*\n)*?\t\1\n/, with: "\n")
      .replacing(/(?m)^\s*#.*$/, with: "")
      .replacing(/trap '([^']*)'/, with: { "trap; \($0.1)" })
      .replacing(/'[^']*'/, with: "''")
    var names: [Substring] = []
    names += code.matches(
      of:
        /(?:^|[\n;&|({]|\b(?:then|do|else)|\))\s*((?:\w+=(?:"[^"]*"|\$\((?:[^()]|\([^()]*\))*\)|[^\s;&|()]*)\s+)*\w+=)/
    )
    .flatMap { $0.1.matches(of: /(?:^|\s)([A-Za-z_]\w*)=/).map(\.1) }
    names += code.matches(of: /\bread -r ((?:[a-z_]\w* ?)+)/).flatMap { $0.1.split(separator: " ") }
    names += code.matches(of: /\bfor (\w+)(?: in|;)/).map(\.1)
    names += body.matches(of: /\btake_arguments '([^']*)'/).flatMap { $0.1.split(separator: " ") }
    return Set(names.map(String.init)).subtracting(["_", "IFS"])
  }
}
