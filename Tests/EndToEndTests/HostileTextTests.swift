import Diagnostics
import Foundation
import Sandbox
import TestSupport
import Testing

/// A host's output is controlled by everyone with power over it, even by the name of an unprivileged program.
@Suite(
  "No text from a host steers the terminal", .serialized,
  .requires(isRoot, "namespaces need root"))
struct HostileTextTests {
  /// Clears the screen, sets the title, turns the direction of text, and is invisible.
  private static let hostile = "\\033[2J\\033]0;x\\007\\342\\200\\256\\342\\200\\213\\302\\233"

  private func expectHarmless(
    _ output: CommandOutput, contains part: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for text in [output.stdout, output.stderr] {
      let found = text.unicodeScalars.filter { $0.isDeceptive && $0 != "\n" }
      #expect(found.isEmpty, "\(text.debugDescription)", sourceLocation: sourceLocation)
    }
    if let part {
      #expect(output.all.contains(part), "\(output.all)", sourceLocation: sourceLocation)
    }
  }

  private func expectAllHarmless(_ scene: Scene, contains part: String? = nil) async throws {
    for arguments in [
      ["plan"], ["plan", "--format", "json"], ["plan", "--diff", "app-1"], ["status"],
      ["status", "--format", "json"], ["verify"], ["verify", "--format", "json"],
    ] {
      expectHarmless(try await scene.deploy(arguments))
    }
    if let part { expectHarmless(try await scene.deploy("plan"), contains: part) }
  }

  @Test("the name of an unprivileged program that listens on a port is escaped")
  func programName() async throws {
    try await Scene.play { scene in
      try await scene.on(
        "app-1",
        """
        program=/tmp/$(printf '\\033[31mX\\007')
        cp "$(readlink -f "$(command -v python3)")" "$program" && chmod 755 "$program"
        setpriv --reuid 65534 --clear-groups "$program" -m http.server 8099 \
          >/dev/null 2>&1 </dev/null &
        until ss -ltn | grep -q :8099; do sleep 0.02; done
        """)
      try await expectAllHarmless(scene, contains: "\\u{1B}[31mX\\u{7}")
      expectHarmless(try await scene.deploy("apply", "--yes"))
    }
  }

  @Test("nginx's message about a refused configuration is escaped")
  func nginx() async throws {
    try await Scene.play { scene in
      try await scene.on(
        "app-1",
        """
        file=/etc/nginx/conf.d/$(printf '\(Self.hostile)').conf
        printf 'nonsense "\(Self.hostile)";\\n' > "$file"
        """)
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1)
      expectHarmless(output, contains: "\\u{1B}[2J")
      expectHarmless(try await scene.deploy("apply", "--yes", "--format", "json"))
    }
  }

  @Test("a host's own records are escaped: its last result, its manifest, its files")
  func files() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await scene.on("app-1", "printf '7 reverted \(Self.hostile)\\n' > /etc/deploy/result")
      try await expectAllHarmless(scene)
      try await scene.on(
        "app-1",
        """
        cd /etc/deploy/current
        escape=$(printf '\(Self.hostile)')
        sed -i "s/app-1/$escape/g; s/shop/$escape/g" manifest
        printf '# \(Self.hostile)\\n' >> nginx/deploy.conf
        : > "nginx/$escape"
        """)
      try await expectAllHarmless(scene)
      expectHarmless(try await scene.deploy("apply", "--yes"))
    }
  }

  @Test(
    "the output of an account before its shell ends is escaped, with either transport",
    arguments: ["", ", transport: openssh"])
  func account(_ transport: String) async throws {
    var inventory = InventoryText()
    inventory.ssh = "{user: root, identity: ~/.ssh/id_ed25519\(transport)}"
    try await Scene.play(inventory) { scene in
      try await scene.on(
        "app-1",
        """
        printf '%s\\n' "printf '\(Self.hostile)\\n\(Self.hostile)' >&2; exit 3" > /root/.bashrc
        cp /root/.bashrc /root/.profile
        """)
      try await expectAllHarmless(scene)
      expectHarmless(try await scene.deploy("apply", "--yes"))
    }
  }
}
