import Foundation
import Sandbox
import TestSupport
import Testing

private let canRotate = ["/usr/sbin/logrotate", "/etc/logrotate.d/nginx"]
  .allSatisfy(FileManager.default.fileExists)

/// Lines 6 and 7 have logs, which the distribution's logrotate knows.
extension ReferenceSetupTests {
  @Test(
    "6, 7. Logs are rotated by the distribution: each is opened again, and no line is lost",
    .requires(canRotate, "logrotate, or nginx's file for it, is missing"))
  func rotation() async throws {
    let scene = try scene
    try scene.write("", to: "asking")
    let asking = Task {
      try await visitor(
        """
        asked=0
        while [ -e "$folder/asking" ] && [ "$asked" -lt 5000 ]; do
          visit shop.example/turning -o /dev/null
          asked=$((asked + 1))
        done
        echo $asked
        """, trusting: Self.publicCA)
    }
    for host in ["app-1", "app-2", "edge-1"] {
      try await scene.must(
        """
        # This machine's own word that no service is to be touched is not the host's.
        rm -f /usr/sbin/policy-rc.d
        log=$(ls /var/log/nginx/shop.example.*.access.log)
        has() { for try in $(seq 400); do ! grep -qs turning "$1" || return 0; sleep 0.05; done; return 1; }
        has "$log"
        logrotate --force --state /run/rotated /etc/logrotate.d/nginx
        grep -q turning "$log.1"
        # What comes now is in the new file, which belongs to nginx's user as the distribution has it.
        has "$log"
        stat -c '%U %a' "$log"
        """, on: host)
    }
    try FileManager.default.removeItem(atPath: scene.folder + "/asking")
    let asked = try #require(
      Int(try await asking.value.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(asked > 3)
    func logged(_ host: String) async throws -> Int {
      let count = try await scene.must(
        "cat /var/log/nginx/shop.example.*.access.log* | grep -c 'GET /turning '", on: host)
      return Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
    #expect(try await logged("edge-1") == asked)
    let backEnds = try await logged("app-1") + logged("app-2")
    #expect(backEnds == asked)
  }
}
