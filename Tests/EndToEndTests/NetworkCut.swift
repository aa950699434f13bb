import Sandbox
import Testing

/// A cut of the network between the controller and a host, after a number of SSH bytes in one direction.
struct NetworkCut: CustomStringConvertible {
  enum Direction: String, CaseIterable { case toHost, toController }
  enum Manner: String {
    /// Both ends may be informed by a reset.
    case reset
    /// Packets vanish.
    case silent
  }

  var direction: Direction
  var manner: Manner
  /// The packet that goes beyond is the first that is cut; only those with data count.
  var bytes: Int
  /// Whether nothing comes the other way either.
  var isBothWays: Bool
  /// Whether it ends when the host is in the middle of nothing; otherwise when the controller has ended.
  var isLiftedAtRest: Bool

  var description: String {
    "\(manner) \(isBothWays ? "both ways" : "one way") after \(bytes) bytes \(direction.rawValue)"
      + " until \(isLiftedAtRest ? "at rest" : "the end")"
  }

  /// Packets without data are no longer than this.
  private static let data = "meta length > 60"

  var table: String {
    let end = manner == .reset ? "reject with tcp reset" : "drop"
    // The packets that inform the ends are not cut.
    let resets = manner == .reset ? "tcp flags & rst == rst accept" : ""
    func chain(_ direction: Direction, _ hook: String, _ port: String) -> String {
      let count =
        direction == self.direction
        ? "\(port) 22 \(Self.data) quota over \(bytes) bytes add @cut { \(port) }" : ""
      let cut =
        direction == self.direction || isBothWays ? "\(port) @cut \(end)" : ""
      return """
        chain \(hook) { type filter hook \(hook) priority -20;
          \(resets)
          \(count)
          \(cut)
        }
        """
    }
    return """
      table inet chaos {
        set cut { type inet_service; size 8; flags dynamic; }
        \(chain(.toHost, "input", "tcp dport"))
        \(chain(.toController, "output", "tcp sport"))
      }
      """
  }

  /// A table that only counts.
  static let meter = """
    table inet gauge {
      counter toHost { }
      counter toController { }
      chain input { type filter hook input priority -20; tcp dport 22 \(data) counter name toHost; }
      chain output { type filter hook output priority -20;
        tcp sport 22 \(data) counter name toController; }
    }
    """
}

extension Scene {
  func install(_ table: String, on host: String) async throws {
    let output = try await sandbox.run(["nft", "-f", "-"], on: .host(host), input: table)
    #expect(output.status == 0, "\(output.all)\(table)")
  }

  /// The bytes with data that a host's meter has counted so far.
  func bytes(on host: String) async throws -> [NetworkCut.Direction: Int] {
    var bytes: [NetworkCut.Direction: Int] = [:]
    for direction in NetworkCut.Direction.allCases {
      let output = try await on(
        host, "nft list counter inet gauge \(direction.rawValue) | sed -n 's/.*bytes //p'")
      bytes[direction] = Int(output.stdout.split(separator: "\n").first ?? "")
    }
    return bytes
  }

  /// Cuts a host off, until `liftCut` at the latest.
  func cut(_ host: String, _ cut: NetworkCut) async throws -> SandboxCommand {
    try await install(cut.table, on: host)
    return try sandbox.spawn(
      [
        "sh", "-c",
        """
        is_cut() { nft list set inet chaos cut | grep -q elements; }
        tries=0
        while [ ! -e /run/chaos.end ] && [ "$tries" -lt 750 ]; do
          if [ "$1" = yes ] && [ ! -e /etc/deploy/pending ] && [ ! -e /etc/deploy/undoing ] &&
            [ ! -e /etc/deploy/confirming ] && is_cut; then break; fi
          tries=$((tries + 1))
          sleep 0.2
        done
        if is_cut; then echo cut; fi
        nft delete table inet chaos
        """, "sh", cut.isLiftedAtRest ? "yes" : "no",
      ], on: .host(host))
  }

  /// - Returns: Whether the cut was made at all.
  func liftCut(_ command: SandboxCommand, on host: String) async throws -> Bool {
    try await on(host, ": > /run/chaos.end")
    let output = try await command.wait()
    try await on(host, "rm /run/chaos.end")
    #expect(output.stderr == "", "\(host): \(output.stderr)")
    return output.stdout == "cut\n"
  }
}
