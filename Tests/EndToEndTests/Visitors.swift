import Foundation
import Sandbox
import Testing

/// Programs that ask for a page and post to it, through each front-end, one request after another.
struct Visitors {
  private struct Visitor {
    var frontEnd: String
    var method: String
    var command: SandboxCommand
    /// Each answer on a line, so that answers can be read while requests go on.
    var log: String
  }

  private let visitors: [Visitor]
  /// Below the scene's folder: other fleets of this machine have visitors too.
  private let stop: String

  /// - Parameter secondsBetween: of two requests, where a long test would be nothing but visitors.
  init(
    _ scene: Scene, _ frontEnds: [String: String], secondsBetween: Double = 0
  ) throws {
    let name = scene.folder + "/visitors-\(UUID().uuidString)"
    let stop = name + ".stop"
    self.stop = stop
    visitors = try frontEnds.sorted { $0.key < $1.key }.flatMap { frontEnd, address in
      try ["GET", "POST"].map { method in
        let log = "\(name)-\(frontEnd)-\(method).log"
        let script = """
          requests=0
          while [ ! -e \(stop) ] && [ $requests -lt 100000 ]; do
            requests=$((requests + 1))
            curl --http1.1 -s -o /dev/null -w '%{http_code} %{exitcode} %{errormsg}\\n' --max-time 10 \
              -X \(method) --cacert \(scene.folder)/site.crt \
              --resolve shop.example:443:\(address) https://shop.example/answer
            \(secondsBetween > 0 ? "sleep \(secondsBetween)" : ":")
          done >\(log)
          """
        try scene.write("", to: URL(filePath: log).lastPathComponent)
        return Visitor(
          frontEnd: frontEnd, method: method,
          command: try scene.sandbox.spawn(["sh", "-c", script]), log: log)
      }
    }
  }

  func expectNoFailure(_ during: String) async throws {
    for (visitor, answers) in try await finalAnswers() {
      let failed = answers.filter { !$0.hasPrefix("200 ") }
      print(
        "\(during): \(visitor.method) through \(visitor.frontEnd): \(answers.count) answers,"
          + " \(failed.count) of them failures")
      #expect(answers.count > 50, "a visitor that does not visit sees nothing")
      #expect(failed.isEmpty, "\(failed.count) of \(answers.count): \(Set(failed))")
    }
  }

  /// That requests through one front-end fail, and none through the others.
  func expectFailures(through frontEnd: String, _ during: String) async throws {
    try await Task.sleep(for: .seconds(2))
    for (visitor, answers) in try await finalAnswers() {
      let failed = answers.filter { !$0.hasPrefix("200 ") }
      print(
        "\(during): \(visitor.method) through \(visitor.frontEnd): \(answers.count) answers,"
          + " \(failed.count) of them failures")
      #expect(failed.isEmpty == (visitor.frontEnd != frontEnd), "\(Set(failed))")
    }
  }

  /// A request that was not answered as it should be.
  struct Failure: Hashable {
    var frontEnd: String
    var method: String
    /// Which request of its visitor it was.
    var number: Int
    var answer: String

    var words: String { "\(method) through \(frontEnd): \(answer)" }
  }

  /// The number of answers so far by method, and those that are failures.
  func answersSoFar() throws -> (counts: [String: Int], failures: Set<Failure>) {
    var counts: [String: Int] = [:]
    var failures: Set<Failure> = []
    for visitor in visitors {
      // The last line may be half written.
      let lines = try answers(of: visitor).dropLast()
      counts[visitor.method, default: 0] += lines.count
      for (number, line) in lines.enumerated() where !line.hasPrefix("200 ") {
        failures.insert(
          Failure(
            frontEnd: visitor.frontEnd, method: visitor.method, number: number,
            answer: String(line)))
      }
    }
    return (counts, failures)
  }

  func end() async throws { _ = try await finalAnswers() }

  private func answers(of visitor: Visitor) throws -> [Substring] {
    try String(contentsOf: URL(filePath: visitor.log), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  private func finalAnswers() async throws -> [(Visitor, [Substring])] {
    try "".write(to: URL(filePath: stop), atomically: true, encoding: .utf8)
    var all: [(Visitor, [Substring])] = []
    for visitor in visitors {
      _ = try await visitor.command.wait()
      all.append((visitor, try answers(of: visitor).filter { !$0.isEmpty }))
    }
    return all
  }
}
