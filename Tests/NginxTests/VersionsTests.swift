import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

/// A Debian release whose nginx is in a folder of this machine, by `scripts/make-debian-roots`.
struct NginxRoot {
  let release: String
  var path: String { "/var/cache/deploy-sandbox/nginx-\(release)" }
  var isThere: Bool { FileManager.default.fileExists(atPath: path + "/usr/sbin/nginx") }

  static let bullseye = NginxRoot(release: "bullseye")
  static let trixie = NginxRoot(release: "trixie")
  /// The release after the newest, and so the newest nginx that Debian has.
  static let forky = NginxRoot(release: "forky")

  var missing: Comment { "\(path) is missing: scripts/make-debian-roots nginx makes it" }

  func version() throws -> Version {
    try #require(Version(try Command("chroot", path, "nginx", "-v").output))
  }
}

@Suite(
  "The nginx of other Debian releases",
  .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"), .serialized)
struct VersionsTests {
  @Test(
    "1.18, accepts what is rendered for it",
    .requires(NginxRoot.bullseye.isThere, NginxRoot.bullseye.missing))
  func bullseye() throws { try accepts(.bullseye, from: Version(1, 18, 0)) }

  @Test(
    "1.26, accepts what is rendered for it",
    .requires(NginxRoot.trixie.isThere, NginxRoot.trixie.missing))
  func trixie() throws { try accepts(.trixie, from: Version(1, 26, 0)) }

  @Test(
    "the newest, accepts what is rendered for it",
    .requires(NginxRoot.forky.isThere, NginxRoot.forky.missing))
  func forky() throws { try accepts(.forky, from: Version(1, 28, 0)) }

  private func accepts(_ root: NginxRoot, from oldest: Version) throws {
    let version = try root.version()
    #expect(version >= oldest)
    let ca = try TestCA("Test CA")
    let cases = ConfigurationCase.all.filter { $0.version == ConfigurationCase.versions[0] }
      .map {
        ConfigurationCase(name: $0.name, host: $0.host, version: version, inventory: $0.inventory)
      }
    let hosts = try cases.map { item in
      let host = try NginxHost()
      try host.install(item.files)
      try host.installEverything(of: item, from: ca)
      return host
    }
    let folders = hosts.map { "'\($0.path)'" }.joined(separator: " ")
    let output = try Command.script(
      """
      unshare --net --mount --pid --fork --kill-child sh -euc '
        root=$1; shift
        for folder in tmp var/log/nginx var/lib/nginx run; do mount -t tmpfs none "$root/$folder"; done
        for folder; do
          mkdir -p "$root$folder"; mount --bind "$folder" "$root$folder"
          chroot "$root" nginx -t -c "$folder/nginx.conf" 2>&1
        done
      ' sh '\(root.path)' \(folders)
      """)
    let said = output.split(separator: "\n").filter {
      !$0.hasSuffix("syntax is ok") && !$0.hasSuffix("test is successful")
    }
    #expect(said == [])
    #expect(output.split(separator: "\n").count == 2 * cases.count)
  }
}
