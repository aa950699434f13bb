import Foundation
import Sandbox
import Testing

/// The state of a host that has settled.
struct RestingHost: Equatable {
  /// The release that is linked, 0 for none.
  var release = 0
  var manifest = ""
  /// The folder that its nginx is configured to serve.
  var root = ""
  /// The result of its last transaction, as recorded by the host.
  var result = ""
}

/// The summary of a run as JSON.
struct SummaryDocument: Decodable {
  struct Entry: Decodable {
    var host: String
    var result: String
    var detail: String
  }

  var isSuccess: Bool
  var stopped: String?
  var hosts: [Entry]

  init(of output: CommandOutput) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(output.stdout.utf8))
  }

  func entry(_ host: String) throws -> Entry {
    try #require(hosts.first { $0.host == host }, "\(host) is not in the summary")
  }
}

extension Scene {
  /// What counts as a controller that hangs, in seconds.
  static let longestRun = 150

  /// Applies and ends a program that hangs; its standard output is the summary.
  func boundedApply(_ playbook: String, _ more: String...) async throws -> CommandOutput {
    let words = command(["apply", "--yes", "--format", "json", "--playbook", playbook] + more)
    let output = try await sandbox.run(
      ["timeout", "-s", "KILL", "\(Self.longestRun)"] + words, environment: Self.environment)
    #expect(output.status != 137, "it had not ended after \(Self.longestRun) s: \(output.all)")
    return output
  }

  /// Checks whether everything on a host is of one release, and whether nginx would accept it again.
  func expectWhole(_ host: String, _ why: String) async throws {
    let output = try await on(
      host,
      """
      ls -d /etc/deploy/pending /etc/deploy/undoing /etc/deploy/confirming 2>/dev/null
      [ ! -e /run/deploy/transaction ] || echo the work folder is left
      cd /etc/deploy/current || exit
      release=$(readlink /etc/deploy/current)
      sed -n 's/^file \\([0-9a-f]*\\) [0-7]* /\\1  /p' manifest | sha256sum -c --quiet 2>&1
      served=$(ls -l "/proc/$(cat /run/nginx.pid)/fd" | sed -n 's#.*/releases/#releases/#p' | sort -u)
      [ "$served" = "$release/nginx/served" ] || echo "$release is current, $served is served"
      grep -q 'include /etc/deploy/current/nginx/deploy.conf;' /etc/nginx/conf.d/deploy.conf ||
        echo it is not included
      nft -s list table inet deploy | cmp - firewall.listing
      nginx -t -q 2>&1 && nginx -s reload 2>&1 | grep -v 'signal process started'
      """)
    #expect(output.all == "", "\(host), \(why)")
  }

  /// Waits until a host has settled, and checks whether it is whole.
  func restingHost(_ host: String, _ why: String) async throws -> RestingHost {
    try await settle(host)
    try await expectWhole(host, why)
    let output = try await on(
      host,
      """
      cd /etc/deploy
      readlink current | sed 's#releases/##'
      sha256sum current/manifest | cut -d ' ' -f 1
      grep -rhoE '/srv/(shop|other)' current/nginx | sort -u
      cat result
      """)
    let lines = output.stdout.split(separator: "\n").map(String.init)
    try #require(lines.count >= 3, "\(host), \(why): \(output.all)")
    return RestingHost(
      release: Int(lines[0]) ?? 0, manifest: lines[1], root: lines.count == 4 ? lines[2] : "",
      result: lines.last ?? "")
  }

  func restingHosts(_ hosts: [String], _ why: String) async throws -> [String: RestingHost] {
    try await withThrowingTaskGroup(of: (String, RestingHost).self) { group in
      for host in hosts { group.addTask { (host, try await restingHost(host, why)) } }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  /// What each back-end answers a front-end, one line each.
  func answers(of backEnds: [String: String]) async throws -> [String: String] {
    let output = try await on(
      "edge-1",
      """
      cd /etc/deploy/current/tls
      for pair; do
        echo "${pair%%=*} $(curl -sSk --retry 3 --retry-all-errors --retry-delay 0 --max-time 10 \
          --cert front-end.crt --key front-end.key \
          --resolve "shop.example:443:${pair##*=}" https://shop.example/ 2>&1)"
      done
      """, backEnds.map { "\($0.key)=\($0.value)" })
    return output.stdout.split(separator: "\n").reduce(into: [:]) { answers, line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      answers[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
  }

  /// The summary, the exit code and the hosts agree about a run.
  ///
  /// - Returns: The result of each host.
  @discardableResult
  func expectTruth(
    of output: CommandOutput, since before: [String: RestingHost], _ why: String
  ) async throws -> [String: String] {
    let summary = try SummaryDocument(of: output)
    let isDone = summary.hosts.allSatisfy { ["confirmed", "unchanged"].contains($0.result) }
    #expect((output.status == 0) == (isDone && summary.stopped == nil), "\(why)\n\(output.all)")
    let after = try await restingHosts(Array(before.keys), why)
    var results: [String: String] = [:]
    for (host, old) in before {
      let entry = try summary.entry(host)
      let new = try #require(after[host])
      results[host] = entry.result
      let story = "\(host), \(why): \(entry.result) \(entry.detail)\n\(old)\n\(new)"
      switch entry.result {
      case "confirmed":
        #expect(entry.detail == "release \(new.release)" && new.release != old.release, "\(story)")
        #expect(new.result == "\(new.release) confirmed", "\(story)")
      case "unchanged":
        #expect(new == old, "\(story)")
      case "reverted":
        #expect((new.release, new.manifest) == (old.release, old.manifest), "\(story)")
        let isWritten = new.result.contains(" reverted ") && new.result != old.result
        #expect(isWritten, "\(story)")
      default:
        // A host that could not be asked may have confirmed: then the summary says so.
        #expect(new.manifest == old.manifest || entry.detail.contains("not known"), "\(story)")
      }
    }
    return results
  }
}
