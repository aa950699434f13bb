import Sandbox
import Testing

/// Programs that ask for a page and post to it, through each front-end, one request after another.
struct Visitors {
  private struct Visitor {
    var frontEnd: String
    var method: String
    var command: SandboxCommand
  }

  private let scene: Scene
  private let visitors: [Visitor]

  /// - Parameter secondsBetween: of two requests, where a long test would be nothing but visitors.
  init(
    _ scene: Scene, _ frontEnds: [String: String], secondsBetween: Double = 0
  ) throws {
    self.scene = scene
    visitors = try frontEnds.sorted { $0.key < $1.key }.flatMap { name, address in
      try ["GET", "POST"].map { method in
        let script = """
          rm -f /tmp/visitors-stop
          requests=0
          while [ ! -e /tmp/visitors-stop ] && [ $requests -lt 100000 ]; do
            requests=$((requests + 1))
            curl --http1.1 -s -o /dev/null -w '%{http_code} %{exitcode} %{errormsg}\\n' --max-time 10 \
              -X \(method) --cacert \(scene.folder)/site.crt \
              --resolve shop.example:443:\(address) https://shop.example/answer
            \(secondsBetween > 0 ? "sleep \(secondsBetween)" : ":")
          done
          """
        return Visitor(
          frontEnd: name, method: method, command: try scene.sandbox.spawn(["sh", "-c", script]))
      }
    }
  }

  func expectNoFailure(_ during: String) async throws {
    for (visitor, answers) in try await answers() {
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
    _ = try await scene.sandbox.run(["sleep", "2"])
    for (visitor, answers) in try await answers() {
      let failed = answers.filter { !$0.hasPrefix("200 ") }
      print(
        "\(during): \(visitor.method) through \(visitor.frontEnd): \(answers.count) answers,"
          + " \(failed.count) of them failures")
      #expect(failed.isEmpty == (visitor.frontEnd != frontEnd), "\(Set(failed))")
    }
  }

  private func answers() async throws -> [(Visitor, [Substring])] {
    try await scene.sandbox.write("", to: "/tmp/visitors-stop", on: .controller)
    var all: [(Visitor, [Substring])] = []
    for visitor in visitors {
      all.append((visitor, try await visitor.command.wait().stdout.split(separator: "\n")))
    }
    return all
  }
}
