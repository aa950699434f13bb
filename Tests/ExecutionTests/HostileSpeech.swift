import TestSupport

@testable import Execution

/// What a process does after its output was read.
enum Piece: Sendable {
  case bytes([UInt8])
  case pause(Duration)
  case lost
  /// Sends nothing more and does not end.
  case silence
  /// Repeats the same output for ever.
  case endless([UInt8])
}

/// Random answers of a hostile host, made from a seed.
struct HostileSpeech {
  private var numbers: SeededGenerator

  init(seed: UInt64) { numbers = SeededGenerator(seed: seed) }

  private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &numbers) }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// An honest survey.
  static let survey = [
    "clock 1790000000", "user 0", "systemd", "connection 198.18.9.1 50000 198.18.0.21 22",
    "nginx 1.22.1",
    "running 812", "served 1", "retiring 0", "kept 1", "latest 1", "result 1 confirmed",
    "include /etc/nginx/conf.d/deploy.conf", "included", "current 1", "before 0",
    "manifest deploy-manifest 2", "manifest end", "text nginx/deploy.conf:listen 443 ssl;",
    "fingerprint 1:\(String(repeating: "a", count: 64))", "firewall as-installed",
    "local   |-- 198.18.0.21",
    "if-inet6 20010db8000000000000000000000021 02 40 00 80     eth0",
    "ssh-from    1: 150012C6:0016 010912C6:C350 01 00000000:00000000 02:000A2A2B 00000000     0        0 2 4 0",
    "route eth0\t000012C6\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
    "socket 7 tcp    0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0",
    "process 7 node",
    "rule table ip x {", "rule chain y {", "rule type filter hook input priority 0; policy drop;",
    "legacy iptables -P INPUT DROP", "manager ufw", "without-ipv6", "orphan 9",
    "nginx-line 1:# configuration file /etc/nginx/nginx.conf:",
    "nginx-line 2:http { server { listen 80; } }", "space releases /dev/x 9 1 8888 10% /",
    "space run tmpfs 9 1 8888 10% /run", "end",
  ]

  private static let dialogue = [
    "staged", "tested", "prepared", "switching", "applied 2", "applied 7", "confirmed 2",
    "confirmed 3", "confirmed", "restores 2:bb", "restores 9:\(String(repeating: "b", count: 64))",
    "result 2 confirmed", "result 1 confirmed", "result 2 unknown 1", "result 2 unknown 99",
    "result", "result 2 replaced", "refused nginx", "refused locked \u{1B}[31mbob", "refused",
    "refused changed 9:x", "refused abandoned", "refused port 443 x\u{202E}y", "failed 1",
    "reverted reload", "reverted \u{7}bell", "waiting", "recovering 1", "end", "none", "missing",
    "version 2", "rejected x",
  ]

  private static let values = [
    "", " ", "-1", "0", "1", "2", "9223372036854775807", "-9223372036854775808", "1e9",
    "99999999999999999999999999", "999999999", "1000000000", "../../etc/passwd", "/etc/shadow",
    "\u{1B}[2J\u{1B}]0;owned\u{7}", "\u{202E}gpj.exe", "\u{9B}31m", "\u{0}", "é\u{301}", "١٢",
    "nginx/\u{1B}[1m.conf:listen 99999999999999999999;", "a:b:c", "none", "1:", "::1", "FFFFFFFF",
    "00000000 FFFF 2147483648", "00000000 0050 0", "releases x 99999999999999999999 1%", "\r",
    "file 00 0644 nginx/x", "release 9223372036854775807", "deploy-manifest 2", "end",
  ]

  private mutating func line() -> [UInt8] {
    let words = pick(Self.survey + Self.dialogue)
    let word = words.prefix { $0 != " " }
    let text =
      switch below(6) {
      case 0: "@deploy \(words)"
      case 1, 2: "@deploy \(word) \(pick(Self.values))"
      case 3: "| \(pick(Self.values)) \(words)"
      case 4: "@deploy \(pick(Self.values))"
      default: pick(Self.values)
      }
    return Array(text.utf8) + [0x0A]
  }

  private mutating func noise() -> [UInt8] {
    (0..<below(2000)).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
  }

  /// The lines of an answer, altered.
  private mutating func altered(_ lines: [String]) -> [[UInt8]] {
    var lines = lines.map { Array("@deploy \($0)\n".utf8) }
    for _ in 0..<below(4) where !lines.isEmpty {
      let place = below(lines.count)
      switch below(7) {
      case 0: lines.remove(at: place)
      case 1: lines.insert(lines[place], at: below(lines.count + 1))
      case 2: lines.swapAt(place, below(lines.count))
      case 3: lines[place] = line()
      case 4: lines = Array(lines.prefix(place))
      case 5: lines[place] = noise()
      default:
        let index = below(lines[place].count)
        lines[place][index] = UInt8(truncatingIfNeeded: numbers.next())
      }
    }
    return lines
  }

  private mutating func ending() -> [Piece] {
    switch below(12) {
    case 0: [.lost]
    case 1: [.silence]
    case 2: [.endless([0x0A])]
    case 3: [.endless(Array("x".utf8))]
    case 4: [.endless(line())]
    case 5: [.endless([UInt8](repeating: 0x41, count: 4000))]
    case 6: [.endless(Array("@deploy waiting\n".utf8))]
    default: []
    }
  }

  /// The output of a process: an altered answer, or none at all.
  mutating func pieces(honest: [String]) -> [Piece] {
    var pieces: [Piece] = []
    switch below(4) {
    case 0:
      pieces.append(.bytes(Array("\(HostProgram.opening)".utf8)))
      for _ in 0..<below(30) { pieces.append(.bytes(line())) }
    case 1: pieces.append(.bytes(noise()))
    default: pieces = altered(["begin", "version 1"] + honest).map { .bytes($0) }
    }
    if below(5) == 0 {
      pieces.insert(.pause(.milliseconds(below(300))), at: below(pieces.count + 1))
    }
    if below(8) == 0 {
      pieces.insert(.bytes([UInt8](repeating: 0x42, count: below(3 << 20))), at: 0)
    }
    return pieces + ending()
  }

  /// Whether it reads its input.
  mutating func reading() -> ScriptedProcess.Reading { pick([.all, .all, .all, .refuses, .never]) }

  mutating func complaint() -> [UInt8] { below(2) == 0 ? noise() : line() }
}
