import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Secrets are where they belong and nowhere else", .serialized,
  .requires(isRoot, "namespaces need root"))
struct SecretTests {
  private static let hosts = ["app-1", "app-2", "edge-1"]

  @Test("passphrase and keys are in no output, file, argument or environment of a run")
  func nowhere() async throws {
    var inventory = InventoryText()
    inventory.ssh = "{user: root, identity: ~/.ssh/id_ed25519, password: {file: ssh-password}}"
    try await Scene.play(inventory) { scene in
      // No host asks for it, but it is read for each of them.
      let password = "planted-password-\(UInt64.random(in: .min ... .max))"
      try scene.write(password + "\n", to: "ssh-password")
      chmod(scene.folder + "/ssh-password", 0o600)
      let log = ["-v", "--log", scene.folder + "/run.log"]
      let sampling = try SecretSearch(scene)
      var outputs = [try await scene.deploy(["apply", "--yes"] + log)]
      #expect(outputs[0].status == 0, "\(outputs[0].all)")
      let processes = try await sampling.end()
      // The search would find nothing where nothing was seen.
      // A transaction runs in the process of the survey.
      #expect(processes.contains("\nsurvey\n"), "no call of the host program was sampled")
      #expect(processes.contains("nginx: master process"), "no host was sampled")
      inventory.root = "/srv/other"
      try scene.write(inventory)
      for arguments in [
        ["check"], ["plan"] + log, ["plan", "--format", "json"], ["status"] + log,
        ["status", "--format", "json"], ["state", "show"], ["ca", "show"],
        ["ca", "export"], ["status", "--expiry"], ["verify", "--format", "json"] + log,
        ["apply", "--yes", "--format", "json"] + log,
      ] {
        outputs.append(try await scene.deploy(arguments))
      }
      let identity = try await scene.sandbox.run(["sh", "-c", "cat ~/.ssh/id_ed25519"]).stdout
      let fleets = try await secrets(scene) + [password]
      let secrets = fleets + SecretSearch.lines(ofKeys: identity)
      #expect(secrets.count >= 2 + 4 * 2)
      let logged = try scene.read("run.log")
      for words in ["logged in after", "algorithms: ", "says staged", "says confirmed", "is sent"] {
        #expect(logged.contains("app-1: " + words) && outputs[0].stderr.contains("app-1: " + words))
      }
      for output in outputs { #expect(SecretSearch.found(secrets, in: output.all) == []) }
      #expect(SecretSearch.found(secrets, in: processes) == [])
      #expect(try SecretSearch.found(secrets, inFilesBelow: scene.folder) == ["ssh-password"])
      // The hosts of a sandbox have the controller's home.
      for host in Self.hosts { #expect(try await found(fleets, on: host, scene) == "") }
    }
  }

  @Test("the same search finds each planted secret")
  func planted() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let secrets = try await secrets(scene)
      for secret in secrets {
        #expect(SecretSearch.found(secrets, in: "a line with \(secret) in it") == [secret])
        try scene.write("x\n\(secret)", to: "planted/file")
        #expect(try SecretSearch.found(secrets, inFilesBelow: scene.folder) == ["planted/file"])
        try FileManager.default.removeItem(atPath: scene.folder + "/planted/file")
      }
      for path in ["/run/planted", "/tmp/planted", "/var/log/nginx/planted", "/etc/planted"]
        + ["/etc/deploy/releases/1/nginx/planted", "/root/planted"]
      {
        for secret in secrets.prefix(2) {
          try await scene.sandbox.write("a\n\(secret)\n", to: path, on: .host("app-1"))
          #expect(try await found(secrets, on: "app-1", scene) == path + "\n")
        }
        try await scene.on("app-1", "rm \(path)")
      }
      let argument = try #require(secrets.first)
      let variable = try #require(secrets.last)
      _ = try scene.sandbox.spawn(
        ["sh", "-c", "sleep 600; : \(argument)"], on: .host("app-2"),
        environment: ["VARIABLE": variable])
      try await scene.on(
        "app-2", "for try in $(seq 500); do pgrep -x sleep && break; sleep 0.01; done")
      let sampling = try SecretSearch(scene)
      let processes = try await sampling.end()
      #expect(Set(SecretSearch.found(secrets, in: processes)) == [argument, variable])
    }
  }

  // MARK: - Searching

  /// The passphrase, and of each private key the lines that are its own.
  private func secrets(_ scene: Scene) async throws -> [String] {
    let keys = try await Self.hosts.asyncMap { host in
      try await scene.on(host, "find /etc/deploy/releases -name '*.key' -exec cat {} +").stdout
    }
    return [Scene.passphrase] + SecretSearch.lines(ofKeys: keys.joined())
  }

  /// Every file of the host that is not the machine's own, but the keys of releases.
  private func found(_ secrets: [String], on host: String, _ scene: Scene) async throws -> String {
    let output = try await scene.sandbox.run(
      [
        "sh", "-c",
        """
        find /run /tmp /var/log /var/tmp /var/lib/nginx /dev/shm /etc /root /home -type f \
          ! -path '/etc/deploy/releases/*/tls/*.key' -exec grep -laF -e "$(cat)" {} +
        """,
      ], on: .host(host), input: secrets.joined(separator: "\n"))
    return output.stdout
  }
}
