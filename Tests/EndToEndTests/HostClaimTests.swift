import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Nothing that a host has or reports besides its release affects the fleet", .serialized,
  .requires(isRoot, "namespaces need root"))
struct HostClaimTests {
  @Test("folders of releases with any number or name do not count as releases")
  func releaseFolders() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let made = try await scene.on(
        "app-1",
        """
        cd /etc/deploy/releases && mkdir -- 9223372036854775807 9223372036854775808 0 007 1e9 -rf '9 9' \
          99999999999999999999999999 '*' && ln -s /etc 4711
        """)
      #expect(made.status == 0, "\(made.all)")
      try await scene.expectNoChanges()
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
      try await scene.expectNoChanges()
      let kept = try await scene.on("app-1", "ls /etc/deploy/releases | wc -l")
      #expect((Int(kept.stdout.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) >= 10)
    }
  }

  @Test("a thousand sockets of an unprivileged user are surveyed and change nothing")
  func sockets() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let opened = try await scene.on(
        "app-1",
        """
        cat > /tmp/listen.py <<'PY'
        import os, socket, time
        os.setuid(65534)
        held = []
        for number in range(1000):
            s = socket.socket(); s.bind(("127.0.0.1", 20000 + number)); s.listen(1); held.append(s)
        open("/tmp/listening", "w").close()
        time.sleep(120)
        PY
        chmod 1777 /tmp; python3 /tmp/listen.py > /dev/null 2>&1 &
        tries=0
        until [ -e /tmp/listening ]; do
          tries=$((tries + 1)); [ $tries -lt 300 ] || exit 1
          sleep 0.1
        done
        """)
      #expect(opened.status == 0, "\(opened.all)")
      try await scene.expectNoChanges()
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
    }
  }

  @Test("a result that required hosts and cannot be written fails the run")
  func fullDisk() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      for words in [
        ["plan"], ["plan", "--format", "json"], ["status"], ["status", "--format", "json"],
        ["verify"], ["apply", "--yes"],
      ] {
        let output = try await scene.sandbox.run(
          ["sh", "-c", "exec \"$@\" >/dev/full", "sh"] + scene.command(words),
          environment: Scene.environment)
        #expect(output.status == 1, "\(words): \(output.status) \(output.all)")
        #expect(
          output.stderr.contains(
            "could not be written to standard output: No space left on device"),
          "\(words): \(output.all)")
      }
    }
  }

  @Test("check and an offline plan run no command of the inventory")
  func nothingRuns() async throws {
    var inventory = InventoryText()
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let mark = scene.folder + "/mark"
      try scene.write("#!/bin/sh\necho \"$@\" >> \(mark)\n", to: "run")
      let program = scene.folder + "/run"
      #expect(chmod(program, 0o755) == 0)
      try scene.write(
        "Match exec \"\(program) match\"\n  ProxyCommand \(program) proxy\n", to: "ssh.config")
      inventory.ssh =
        "{user: root, identity: ~/.ssh/id_ed25519, config: \(scene.folder)/ssh.config,"
        + " password: {command: [\(program), password]}}"
      let text = inventory.text.replacing(
        "passphrase: {env: DEPLOY_PASSPHRASE}",
        with: "passphrase: {command: [\(program), passphrase]}")
      try scene.write(text, to: "shop.yml")
      for words in [["check"], ["plan", "--offline"], ["plan", "--offline", "--format", "json"]] {
        let output = try await scene.deploy(words)
        #expect(output.status == 0, "\(words): \(output.all)")
        #expect(!FileManager.default.fileExists(atPath: mark), "\(words)")
      }
      // The same inventory does run one if hosts are asked.
      try await scene.deploy("plan")
      #expect(FileManager.default.fileExists(atPath: mark))
    }
  }
}
