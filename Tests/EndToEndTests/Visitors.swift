import Foundation
import Sandbox
import Testing

/// Programs that ask for a page and post to it, through each front-end, one request after another.
struct Visitors {
  /// How a visitor asks: what a reload of nginx can do to a request depends on it.
  enum Manner: String, CaseIterable {
    case connectionForEach = "HTTP/1.1-closed"
    case keepAlive = "HTTP/1.1-kept"
    case http2 = "HTTP/2"

    fileprivate var options: String {
      switch self {
      case .connectionForEach: "--http1.1 --header 'Connection: close'"
      case .keepAlive: "--http1.1"
      case .http2: "--http2"
      }
    }

    /// Answers of a request that nginx never saw, for it closed the connection when it reloaded. A browser
    /// sends it again (RFC 9113, 6.8), curl does not.
    fileprivate func isLostToReload(_ answer: Substring) -> Bool {
      self == .http2 && answer.hasPrefix("000 16 ")
    }
  }

  /// What is asked for, by whose certificate.
  struct Page {
    var path: String
    /// Below the scene's folder.
    var certificate: String

    /// Of a fleet whose visitors do not depend on its CA.
    static let answer = Page(path: "/answer", certificate: "site.crt")
  }

  private struct Visitor {
    var frontEnd: String
    var method: String
    var command: SandboxCommand
    /// Each answer on a line, so that answers can be read during requests.
    var log: String
  }

  private let visitors: [Visitor]
  private let manners: [Manner]
  /// Below the scene's folder: other fleets of this machine have visitors too.
  private let stop: String

  /// The usual rate is enough for what a fleet that is changed in the wrong order breaks: that lasts from one
  /// host's step to the next one's, each of which is a login, a test and a reload of nginx, at least 0.3 s:
  /// that is three requests of every visitor. `TrafficTests` ask without a limit for what lasts as long as a
  /// reload.
  ///
  /// - Parameters:
  ///   - manners: each visitor takes them in turn, for five requests each.
  ///   - perSecond: of each visitor at most; 0 for no limit, which leaves little of the machine to others.
  init(
    _ scene: Scene, _ frontEnds: [String: String], of domain: String = "shop.example",
    asking page: Page = .answer,
    _ manners: [Manner] = [.connectionForEach, .keepAlive], perSecond: Int = 10
  ) throws {
    let name = scene.folder + "/visitors-\(UUID().uuidString)"
    let stop = name + ".stop"
    self.stop = stop
    self.manners = manners
    let rate = perSecond > 0 ? "--rate \(perSecond)/s" : ""
    visitors = try frontEnds.sorted { $0.key < $1.key }.flatMap { frontEnd, address in
      try ["GET": "", "POST": "--data a=b"].sorted { $0.key < $1.key }.map { method, options in
        let log = "\(name)-\(frontEnd)-\(method).log"
        let script = """
          # Answers are separated by lines; their words are not file names.
          set -f
          IFS='
          '
          ask() {
            answers=$(curl "$@" \(options) \(rate) -s -o /dev/null --max-time 10 \
              -w "%{http_code} %{exitcode} $manner %{errormsg}\\n" \
              --cacert \(scene.folder)/\(page.certificate) --resolve \(domain):443:\(address) \
              "https://\(domain)\(page.path)?by=\(method)&batch=$batch.[1-5]")
            printf '%s\\n' "$answers"
            for answer in $answers; do
              case $answer in
                '200 0 '*) ;;
                *) date '+\(Self.failedBefore)%s'; break ;;
              esac
            done
          }
          batch=0
          while [ ! -e \(stop) ] && [ $batch -lt 10000 ]; do
            batch=$((batch + 1))
            \(manners.map { "manner=\($0.rawValue); ask \($0.options)" }.joined(separator: "\n"))
          done >\(log)
          """
        try scene.write("", to: URL(filePath: log).lastPathComponent)
        return Visitor(
          frontEnd: frontEnd, method: method,
          command: try scene.sandbox.spawn(["sh", "-c", script]), log: log)
      }
    }
  }

  /// Ends the visits, none of which may have failed.
  ///
  /// - Parameters:
  ///   - least: each visitor has to have had more answers than these.
  ///   - reloads: how often each front-end's nginx may have been reloaded: each time costs a visitor
  ///     by HTTP/2 one request at most. docs/reloads.md has measurements.
  /// - Returns: the time of the first failure, in seconds since 1970.
  @discardableResult
  func expectNoFailure(
    _ during: String, moreThan least: Int = 50, reloads: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String? {
    var times: [String] = []
    for (visitor, answers) in try await finalAnswers() {
      #expect(answers.count > least, "a visitor that does not visit sees nothing")
      for manner in manners {
        let own = answers.filter { $0.contains(" \(manner.rawValue) ") }
        let failed = own.filter { !Self.isGood($0) }
        let lost = failed.count { manner.isLostToReload($0) }
        print(
          "\(during): \(visitor.method) through \(visitor.frontEnd) by \(manner.rawValue): \(own.count)"
            + " answers, \(failed.count) of them failures, \(lost) for a reload")
        #expect(
          failed.count == lost && lost <= reloads,
          "\(failed.count) of \(own.count): \(Set(failed))", sourceLocation: sourceLocation)
        if failed.count > lost { times += try failureTimes(of: visitor) }
      }
    }
    return times.min()
  }

  /// That requests through one front-end fail, and none through the others.
  func expectFailures(through frontEnd: String, _ during: String) async throws {
    try await Task.sleep(for: .seconds(2))
    for (visitor, answers) in try await finalAnswers() {
      let failed = answers.filter { !Self.isGood($0) }
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
      let lines = try answers(of: visitor)
      counts[visitor.method, default: 0] += lines.count
      for (number, line) in lines.enumerated() where !Self.isGood(line) {
        failures.insert(
          Failure(
            frontEnd: visitor.frontEnd, method: visitor.method, number: number,
            answer: String(line)))
      }
    }
    return (counts, failures)
  }

  /// How many answers each manner has had so far.
  func countSoFar() throws -> Int {
    try visitors.reduce(0) { $0 + (try answers(of: $1).count) } / manners.count
  }

  func end() async throws { _ = try await finalAnswers() }
}

extension Visitors {
  private static let failedBefore = "# failed before "

  private static func isGood(_ answer: Substring) -> Bool { answer.hasPrefix("200 0 ") }

  /// Whole lines: the last one may be half written.
  private func lines(of visitor: Visitor) throws -> [Substring] {
    try String(contentsOf: URL(filePath: visitor.log), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast().filter { !$0.isEmpty }
  }

  private func answers(of visitor: Visitor) throws -> [Substring] {
    try lines(of: visitor).filter { !$0.hasPrefix(Self.failedBefore) }
  }

  private func failureTimes(of visitor: Visitor) throws -> [String] {
    try lines(of: visitor).filter { $0.hasPrefix(Self.failedBefore) }
      .map { String($0.dropFirst(Self.failedBefore.count)) }
  }

  private func finalAnswers() async throws -> [(Visitor, [Substring])] {
    try "".write(to: URL(filePath: stop), atomically: true, encoding: .utf8)
    var all: [(Visitor, [Substring])] = []
    for visitor in visitors {
      _ = try await visitor.command.wait()
      all.append((visitor, try answers(of: visitor)))
    }
    return all
  }
}
