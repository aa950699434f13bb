import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A host that cannot take part reports why and delays no other", .serialized,
  .requires(isRoot, "namespaces need root"))
struct HostFaultTests {
  /// One fault of a host, its text in the summary, and how it is healed.
  private struct Fault {
    var host: String
    var result: String
    var words: [String]
    var harm = ""
    var heal = ""
  }

  /// A program that is not nginx and listens; each connection gets a text and is closed.
  private static func listener(on port: Int, saying text: String) -> String {
    """
    cat > /root/listener.pl <<'END'
    use IO::Socket::INET;
    my $server = IO::Socket::INET->new(LocalPort => \(port), Listen => 9, ReuseAddr => 1) or die;
    open(my $ready, '>', '/run/listener.pid'); print $ready $$; close($ready);
    while (my $client = $server->accept) { print $client "\(text)"; close($client); }
    END
    perl /root/listener.pl </dev/null >/dev/null 2>&1 &
    tries=0
    until [ -s /run/listener.pid ] || [ "$tries" -gt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
    """
  }

  private static let endListener = "kill \"$(cat /run/listener.pid)\" && rm /run/listener.pid\n"
  private static let restartSSH =
    "pkill -KILL -x sshd; rm -f /run/sshd.pid; /usr/sbin/sshd -E /var/log/sshd.log"

  private static let faults = [
    Fault(
      host: "down", result: "unreachable", words: ["nothing listens on this port"],
      heal: "/usr/sbin/sshd -E /var/log/sshd.log"),
    Fault(
      host: "silent", result: "unreachable",
      words: ["the connection was accepted, but nothing was received within 15 s"],
      harm: "pkill -STOP -x sshd", heal: "pkill -CONT -x sshd"),
    Fault(
      host: "closing", result: "unreachable",
      words: ["the server closed the connection during the key exchange"],
      harm: "pkill -KILL -x sshd; rm -f /run/sshd.pid\n"
        + listener(on: 22, saying: "SSH-2.0-OpenSSH_9.2\\r\\n"),
      heal: endListener + "/usr/sbin/sshd -E /var/log/sshd.log"),
    Fault(
      host: "stranger", result: "unreachable",
      words: ["the host key has changed", "ssh-keygen -R 198.18.0.34"],
      harm: "cd /etc/ssh && mv ssh_host_ed25519_key own && ssh-keygen -q -t ed25519 -N ''"
        + " -f other && mv other ssh_host_ed25519_key; \(restartSSH)",
      heal: "cd /etc/ssh && mv own ssh_host_ed25519_key; \(restartSSH)"),
    Fault(
      host: "full", result: "refused",
      words: [
        "there is not enough disk space for the release",
        " KiB, and 8 KiB are free. Free some space",
      ],
      heal: "mount -o remount,size=16m /etc/deploy"),
    Fault(
      host: "full-2", result: "refused",
      words: [
        "there is not enough disk space for the release",
        " KiB, and 8 KiB are free. Free some space",
      ],
      heal: "mount -o remount,size=16m /etc/deploy"),
    Fault(
      host: "bare", result: "refused",
      words: ["nginx is not installed on the host: install it and run again"]),
    Fault(
      host: "locked", result: "refused",
      words: ["the host is locked by another run (ann@laptop): wait until it finishes"],
      harm: """
        mkdir /run/deploy && echo ann@laptop > /run/deploy/holder
        flock /run/deploy/lock sh -c 'echo $$ > /run/holder.pid; exec sleep 600' \
          </dev/null >/dev/null 2>&1 &
        tries=0
        until [ -s /run/holder.pid ] || [ "$tries" -gt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
        """,
      heal: "kill \"$(cat /run/holder.pid)\""),
    Fault(
      host: "taken", result: "refused", words: ["port 443 is in use by perl (pid "],
      harm: listener(on: 443, saying: "no"), heal: endListener),
  ]

  private static let inventory: InventoryText = {
    var inventory = InventoryText()
    for (index, fault) in faults.enumerated() {
      inventory.backEnds[fault.host] = "198.18.0.\(31 + index)"
    }
    return inventory
  }()

  @Test("each fault has its result, all other hosts are confirmed, and healed hosts converge")
  func results() async throws {
    try await Scene.play(Self.inventory, alter: Self.alter) { scene in
      for fault in Self.faults where fault.harm != "" {
        let output = try await scene.on(fault.host, fault.harm)
        #expect(output.status == 0, "\(fault.host): \(output.all)")
      }
      let output = try await scene.deploy("apply", "--yes", "-v")
      #expect(output.status == 1)
      try expectSummary(in: output)
      for address in ["198.18.0.21", "198.18.0.22"] {
        #expect(try await answer(of: address, in: scene).hasPrefix("/srv/shop app-"))
      }
      for fault in Self.faults {
        let trace = try await scene.on(
          fault.host, "cat /etc/nginx/conf.d/deploy.conf /etc/deploy/*")
        #expect(trace.stdout == "", "\(fault.host) was touched")
        let output = try await scene.on(fault.host, fault.heal)
        #expect(output.status == 0, "\(fault.host): \(output.all)")
      }
      try await install(on: "bare", scene)
      try await scene.apply()
      for (host, address) in Self.inventory.backEnds {
        #expect(try await answer(of: address, in: scene) == "/srv/shop \(host)\n")
      }
      try await scene.expectNoChanges()
    }
  }

  private static func alter(_ host: inout SandboxHost) {
    host.isDown = host.name == "down"
    host.isBare = host.name == "bare"
    host.deployDiskSize = host.name.hasPrefix("full") ? 8192 : nil
    if host.name == "full-2" { mixedSystems(&host) }
  }

  private func expectSummary(in output: CommandOutput) throws {
    let hosts = Array(Self.inventory.backEnds.keys) + Self.inventory.frontEnds.keys
    let lines = output.stdout.split(separator: "\n").map(String.init)
    /// A host's line and those below it up to the next host's.
    func entry(_ host: String) -> String {
      let start = lines.firstIndex { $0.hasPrefix(host + " ") } ?? lines.endIndex
      let rest = lines[start...].dropFirst()
      let end = rest.firstIndex { line in hosts.contains { line.hasPrefix($0 + " ") } }
      return lines[start..<(end ?? lines.endIndex)].joined(separator: "\n")
    }
    for fault in Self.faults {
      let entry = entry(fault.host)
      #expect(entry.dropFirst(fault.host.count).contains(" \(fault.result) "), "\(output.all)")
      // A reason is said once: a host that was not reached has it in the plan.
      let said = entry.contains("see the plan") ? block(fault.host, output.stdout) : entry
      for words in fault.words {
        #expect(said.contains(words), "\(fault.host): \(words)\n\(output.all)")
      }
    }
    for host in ["app-1", "app-2", "edge-1"] {
      #expect(entry(host).contains("confirmed"), "\(host)\n\(output.all)")
    }
  }

  /// What a plan says about a host that is held.
  private func block(_ host: String, _ text: String) -> String {
    text.components(separatedBy: "\n\n").first { $0.hasPrefix("! \(host) ") } ?? ""
  }

  /// What a back-end says to the front-end.
  private func answer(of address: String, in scene: Scene) async throws -> String {
    try await scene.on(
      "edge-1",
      "cd /etc/deploy/current/tls && curl -sSk --max-time 10 --cert front-end.crt"
        + " --key front-end.key --resolve shop.example:443:\(address) https://shop.example/"
    ).all
  }

  /// The controller's own nginx package, without what others configured there.
  private func install(on host: String, _ scene: Scene) async throws {
    let package = try await scene.sandbox.run([
      "sh", "-c",
      "tar -C / -c --exclude='conf.d/*' --exclude='sites-enabled/*' usr/sbin/nginx etc/nginx | base64",
    ])
    let output = try await scene.sandbox.run(
      ["sh", "-c", "base64 -d | tar -x -C /"], on: .host(host), input: package.stdout)
    #expect(output.status == 0, "\(output.all)")
  }
}
