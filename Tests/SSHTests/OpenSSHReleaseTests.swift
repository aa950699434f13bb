import Foundation
import Testing

@testable import SSH

/// A Debian release whose OpenSSH is in a folder of this machine, by `scripts/make-debian-roots`.
enum OpenSSHRelease: String, CaseIterable, Sendable {
  /// 8.4.
  case bullseye
  /// 10.0, which punishes peers that fail to log in and keeps its parts in programs of their own.
  case trixie

  var root: String { "/var/cache/deploy-sandbox/openssh-\(rawValue)" }
  var isThere: Bool { access("\(root)/usr/sbin/sshd", X_OK) == 0 }
  var missing: Comment {
    "\(root) is missing: scripts/make-debian-roots openssh \(rawValue) makes it"
  }

  static let present = allCases.filter(\.isThere)

  /// What its servers say first.
  var greeting: String {
    switch self {
    case .bullseye: "SSH-2.0-OpenSSH_8.4"
    case .trixie: "SSH-2.0-OpenSSH_10.0"
    }
  }

  /// The start of a command that sees the release's files, and a folder of ours where it is.
  func entering(_ folder: String) -> [String] {
    let script = """
      mount -t tmpfs none "$1/tmp" && mkdir -p "$1$2" && mount --bind "$2" "$1$2" &&
        mount -t tmpfs none "$1/run" && mkdir "$1/run/sshd" && mount --rbind /dev "$1/dev" &&
        mount -t proc proc "$1/proc" && cd / && root=$1 && shift 2 && exec chroot "$root" "$@"
      """
    return ["unshare", "--mount", "sh", "-c", script, "sh", root, folder]
  }
}

extension OverTheNetwork {
  @Suite("Servers of other OpenSSH releases")
  struct OpenSSHReleaseTests {
    @Test("The releases in Debian are installed", arguments: OpenSSHRelease.allCases)
    func present(_ release: OpenSSHRelease) throws {
      try #require(Bool(release.isThere), release.missing)
    }

    @Test(
      "Every kind of key logs in, and a command's bytes and exit come back",
      arguments: OpenSSHRelease.present, ["ed25519", "ecdsa", "rsa"])
    func commands(_ release: OpenSSHRelease, _ type: String) async throws {
      let server = try await Server(hostKeys: ["ed25519", "ecdsa", "rsa"], of: release)
      let key = try server.folder.makeKey("user-\(type)", type: type)
      try server.authorize(key)
      let client = try SSHClient()
      let connection = try await client.connect(to: server.destination(identities: [key]))
      try await expectWholeCommand(on: connection)
      #expect(await connection.greeting.hasPrefix(release.greeting))
    }

    @Test(
      "A key that is not authorized is refused once, with what was tried",
      arguments: OpenSSHRelease.present)
    func refused(_ release: OpenSSHRelease) async throws {
      let server = try await Server(of: release)
      let stranger = try server.folder.makeKey("stranger")
      let client = try SSHClient()
      let error = try await failure {
        () async throws(SSHError) in
        try await client.connect(to: server.destination(identities: [stranger]))
      }
      #expect(error.code == .authenticationFailed)
      #expect("\(error)".contains(stranger))
      #expect(client.counts.connections == 1)
    }

    @Test("Hosts behind it are reached through it", arguments: OpenSSHRelease.present)
    func jump(_ release: OpenSSHRelease) async throws {
      let (bastion, host) = (try await Server(of: release), try await Server(of: release))
      var destination = host.destination()
      destination.jumps = [bastion.destination()]
      let connection = try await SSHClient().connect(to: destination)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("It is reached by the system's ssh", arguments: OpenSSHRelease.present)
    func system(_ release: OpenSSHRelease) async throws {
      let server = try await Server(hostKeys: ["rsa"], of: release)
      let connection = try await OpenSSHConnection.connect(
        to: server.destination(), configuration: "none", client: try SSHClient())
      #expect(try await connection.start("exit 3").exitStatus() == .code(3))
      await connection.close()
    }
  }
}

extension SSH.Connection {
  /// What the peer said first.
  fileprivate var greeting: String {
    String(decoding: currentTransport?.greeting ?? [], as: UTF8.self)
  }
}
