import Diagnostics
import Foundation
import Sandbox
import Testing

/// The real program and a fleet of five, one host of which answers whatever a seed says.
@Suite(
  "A hostile host of five", .serialized, .enabled(if: isRoot, "namespaces need root"))
struct HostileFleetTests {
  private static let honest = ["app-1", "app-2", "app-3", "edge-1"]
  private static let hostile = "app-4"
  private static let mostKilobytes = 150 * 1024
  /// Seconds after which a run counts as one that does not end; those of all phases are fewer.
  private static let watchdog = "900"

  /// `DEPLOY_HOSTILE` is how many runs there are; `DEPLOY_HOSTILE_SEED` is the only one.
  private static let seeds: [UInt32] = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["DEPLOY_HOSTILE_SEED"].flatMap({ UInt32($0) }) { return [seed] }
    let count = environment["DEPLOY_HOSTILE"].flatMap { Int($0) } ?? 5
    return (0..<count).map { _ in UInt32.random(in: 0...UInt32.max) }
  }()

  private func play(_ body: (Scene) async throws -> Void) async throws {
    var inventory = InventoryText()
    inventory.backEnds = [
      "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
      "app-4": "198.18.0.24",
    ]
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let shell = try await scene.on(
        Self.hostile,
        """
        printf %s "$1" > /root/shell && chmod 755 /root/shell
        sed -i 's|^\\(root:.*:\\)[^:]*$|\\1/root/shell|' /etc/passwd && cat /etc/passwd
        """,
        Self.shell)
      #expect(shell.stdout.contains(":/root/shell\n"), "\(shell.all)")
      try await body(scene)
    }
  }

  /// A login shell that answers by a seed, or in one way that never ends.
  private static let shell = #"""
    #!/usr/bin/perl
    use strict; use warnings; use Time::HiRes 'sleep';
    $| = 1;
    my $command = $ARGV[1] // '';
    sub content { open(my $file, '<', $_[0]) or return ''; local $/; my $text = <$file>; chomp $text; $text }
    my $mode = content('/root/mode');
    my $kind = $command =~ /say survey 1/ ? 'survey' : $command =~ /say prepared/ ? 'transaction'
      : $command =~ /tell_verdict/ ? 'confirmation' : 'other';
    exec '/bin/sh', '-c', $command if $mode eq '' || $mode =~ /^silent (.*)/ && $1 ne $kind;
    if ($mode =~ /^silent/) { while (1) { print "\@deploy waiting\n"; sleep 1 } }
    my $number = (content('/root/number') || 0) + 1;
    open(my $file, '>', '/root/number'); print $file $number; close $file;
    srand($mode + 7919 * $number);
    sub below { int(rand($_[0])) }
    sub pick { $_[below(scalar @_)] }
    sub noise { join '', map { chr below(256) } 1 .. below(3000) }
    my @values = ('', ' ', -1, 0, 1, '9223372036854775807', '-9223372036854775808', '9' x 40,
      '1000000000', '../../etc/passwd', "\e[2J\e]0;owned\a", "\xe2\x80\xaegpj.exe", "\x9b31m", "\xff\xfe",
      "a\0b", 'nginx/x.conf:listen 99999999999999999999;', 'none', '1:', 'confirmed', 'x' x 70000,
      'file 00 0644 nginx/owned', 'certificate owned a b c', 'fleet owned', "owned \x1b[31m");
    my @dialogue = ('staged', 'tested', 'prepared', 'switching', 'applied 2', 'applied 9', 'confirmed 2',
      'confirmed 9', 'restores 2:bb', 'verdict 2 confirmed', 'verdict 9 reverted x y', 'refused nginx',
      "refused \e[31mowned", 'refused locked', 'reverted reload', 'broken 1', 'waiting', 'end');
    my @honest = map { "\@deploy $_" } @dialogue;
    if ($kind eq 'survey') { open(my $real, '-|', '/bin/sh', '-c', $command); @honest = <$real>; chomp @honest }
    sub line {
      my $line = pick(@honest); my ($word) = $line =~ /^(\S+ \S+)/;
      pick($line, ($word // '@deploy x') . ' ' . pick(@values), '@deploy ' . pick(@dialogue),
        '| ' . pick(@values), '@deploy ' . pick(@values), pick(@values)) . "\n";
    }
    my @lines = map { "$_\n" } @honest;
    if ($kind ne 'survey' || below(3) == 0) { @lines = map { line() } 0 .. below(30) }
    elsif (below(6) == 0) { @lines = (noise()) }
    for (1 .. below(5)) {
      my $place = below(scalar @lines + 1); my $way = below(6);
      if ($way == 0) { splice @lines, $place, 1 } elsif ($way == 1) { splice @lines, $place, 0, line() }
      elsif ($way == 2) { splice @lines, $place, 0, noise() } elsif ($way == 3) { $#lines = $place - 1 }
      elsif ($way == 4 && $place < @lines && length $lines[$place]) {
        substr($lines[$place], below(length $lines[$place]), 1) = chr below(256) }
      elsif ($place < @lines) { splice @lines, $place, 0, $lines[$place] }
    }
    print STDERR noise() if below(4) == 0;
    for my $line (@lines) { print $line; sleep rand(0.3) if below(60) == 0 }
    my $end = below(60);
    if ($end == 0) { while (1) { print "x" x 65536 } }
    if ($end == 1) { while (1) { print "\n" x 65536 } }
    if ($end == 2) { while (1) { print STDERR "x" x 65536 } }
    if ($end == 3) { while (1) { print "\@deploy listening 00000000 0050 7\n" x 1000 } }
    if ($end == 4) { while (1) { print "\@deploy manifest " . ('y' x 1000) . "\n" } }
    if ($end == 5) { close STDOUT; sleep 20 }
    if ($end == 6) { kill 'KILL', getppid() }
    if ($end == 7) { print "x" x 5000000; sleep 5 }
    exit pick(0, 0, 0, 1, 2, 127, 255);
    """#

  /// All of a host that a run could change.
  private func state(of scene: Scene) async throws -> [String] {
    var texts: [String] = []
    for host in Self.honest { texts.append(try await scene.fingerprint(of: host)) }
    return texts
  }

  private func records(_ scene: Scene) throws -> [String: String] {
    let data = Data(try scene.read("shop.state.json").utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let hosts = try #require(object["hosts"] as? [String: Any])
    return try hosts.mapValues {
      String(
        decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys),
        as: UTF8.self)
    }
  }

  @Test("costs no other host anything, and the controller neither memory, time nor its terminal")
  func seeds() async throws {
    try await play { scene in
      let before = try await state(of: scene)
      let known = try records(scene)
      var most = 0
      for (index, seed) in Self.seeds.enumerated() {
        let words = [
          ["plan"], ["apply", "--yes"], ["status"], ["plan", "--format", "json"],
          ["apply", "--yes"],
        ][index % 5]
        try await scene.on(Self.hostile, "echo \(seed) > /root/mode; rm -f /root/number")
        let rss = scene.folder + "/rss"
        let output = try await scene.sandbox.run(
          ["timeout", Self.watchdog, "/usr/bin/time", "-q", "-f", "%M", "-o", rss]
            + scene.command(words), environment: Scene.environment)
        let text =
          "DEPLOY_HOSTILE_SEED=\(seed) deploy \(words.joined(separator: " "))\n\(output.all)"
        #expect([0, 1].contains(output.status), "\(output.status) \(text)")
        #expect(
          output.all.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isDeceptive }, "escapes: \(text)"
        )
        let used =
          Int(try scene.read("rss").trimmingCharacters(in: .whitespacesAndNewlines)) ?? .max
        #expect(used < Self.mostKilobytes, "\(used) KiB: \(text)")
        most = max(most, used)
        let state = try scene.read("shop.state.json")
        #expect(!state.contains("owned"), "recorded: \(text)")
        for (host, record) in try records(scene) where host != Self.hostile {
          #expect(record == known[host], "\(host): \(text)")
        }
      }
      print("\(Self.seeds.count) hostile runs, \(most) KiB at most")
      #expect(try await state(of: scene) == before)
    }
  }

  @Test(
    "does not keep a run from ending at SIGTERM, nor the state's lock",
    arguments: ["survey", "transaction", "confirmation"])
  func termination(_ phase: String) async throws {
    try await play { scene in
      try await scene.on(Self.hostile, "echo 'silent \(phase)' > /root/mode")
      var inventory = InventoryText(root: "/srv/other")
      inventory.backEnds = [
        "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
        "app-4": "198.18.0.24",
      ]
      try scene.write(inventory)
      try scene.write("name: all\nrollout: {batch: 100%, confirm_within: 5s}\n", to: "all.yml")
      let run = try scene.watch("apply", "--yes", "--playbook", scene.folder + "/all.yml")
      switch phase {
      case "survey": try await scene.await("pgrep -x perl", on: Self.hostile)
      case "transaction": try await run.expect("app-1: staged and tested")
      default: try await run.expect("app-4: switching")
      }
      try await run.command.signal(SIGTERM)
      let output = try await run.command.wait()
      #expect([130, 143].contains(output.status), "\(output.status) \(output.all)")
      try await scene.on(Self.hostile, "rm /root/mode")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}
