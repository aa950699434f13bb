import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Ctrl-C while a certificate is ordered leaves no command behind", .serialized,
  .requires(isRoot, "namespaces need root"))
struct OrderInterruptTests {
  /// A script that notes its process and ignores SIGTERM, as long as the file `hang` is there.
  private func writeHangingScript(_ scene: Scene, then rest: String = "") throws -> String {
    try scene.write("", to: "hang")
    try scene.write(
      """
      cd "\(scene.folder)"
      if [ -e hang ]; then
        trap '' TERM
        echo $$ >>processes
        while :; do sleep 1; done
      fi
      \(rest)

      """, to: "script.sh")
    return scene.folder + "/script.sh"
  }

  private func processes(_ scene: Scene) throws -> [String] {
    guard FileManager.default.fileExists(atPath: scene.folder + "/processes") else { return [] }
    return try scene.read("processes").split(separator: "\n").map(String.init)
  }

  /// That the commands run no longer, as the sandbox sees it.
  private func expectEnded(_ scene: Scene, _ count: Int) async throws {
    #expect(try processes(scene).count == count)
    try await scene.must(
      """
      for process in $(cat "$1/processes"); do
        for try in $(seq 100); do
          grep -q . "/proc/$process/cmdline" 2>/dev/null || continue 2
          sleep 0.05
        done
        echo "$process still runs" && exit 1
      done
      """, scene.folder)
  }

  @Test("the first one ends a certificate's command and changes no host; the next run asks again")
  func command() async throws {
    var inventory = InventoryText()
    try await Scene.play { scene in
      let script = try writeHangingScript(scene, then: "cat command.key command.crt")
      inventory.siteCertificate = "{command: [sh, \(script)]}"
      try scene.write(inventory)
      let run = try scene.watch("apply", "--yes", "--format", "json")
      try await eventually("the command runs") { try !processes(scene).isEmpty }
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping the orders; press Ctrl-C again")
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      #expect(output.all.contains("the run was interrupted"), "\(output.all)")
      #expect(output.all.contains("not attempted"), "\(output.all)")
      try await expectEnded(scene, 1)
      #expect(try await scene.on("edge-1", "ls /etc/deploy/releases").status != 0)

      try FileManager.default.removeItem(atPath: scene.folder + "/hang")
      try await scene.must(
        """
        cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
          -subj /CN=command -addext subjectAltName=DNS:shop.example,DNS:www.shop.example \
          -keyout command.key -out command.crt
        """, scene.folder)
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "the second one also ends the command that removes a DNS record, at once",
    .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
  func hooks() async throws {
    try await ACMEScene.play { acme in
      let scene = acme.scene
      let script = try writeHangingScript(scene)
      try scene.write(
        ACMEScene.inventory(account: [
          "dns:", "  present: [sh, \(script)]", "  cleanup: [sh, \(script)]",
          "  resolvers: [\"\(DNSOfTheWorld.server)\"]",
        ]))
      let run = try scene.watch("apply", "--yes", "--format", "json")
      try await eventually("the record is made") { try processes(scene).count == 1 }
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping the orders")
      try await eventually("the record is removed") { try processes(scene).count == 2 }
      try await run.command.signal(SIGINT)
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      #expect(output.all.contains("not attempted"), "\(output.all)")
      try await expectEnded(scene, 2)
    }
  }
}
